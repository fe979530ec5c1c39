using Holdfast.Embedded;

namespace Holdfast.Node;

/// <summary>A command whose turn comes, and what is known of it. Used again for the commands that follow.</summary>
internal sealed class UpcomingCommand(StateNode node)
{
    public Command Command { get; private set; }

    /// <summary>What it is; null if there is no such command.</summary>
    public CommandSpec? Spec { get; private set; }

    /// <summary>Why there is none.</summary>
    public string? Error { get; private set; }

    /// <summary>The partition of its keys, or one of <see cref="CommandLane"/>.</summary>
    public int Lane { get; private set; }

    /// <summary>Its key, if it is of one key.</summary>
    public CommandKey Key { get; } = new(node);

    /// <summary>Whether it is a SET without options of a key that the record's address spells; see <see cref="CommandSpec.IsSet"/>.</summary>
    public bool IsSet =>
        Spec is { IsSet: true } && Command.Count == 3 && Key.IsSpelt && Command[2].Length <= FieldReplacement.MaxValueBytes;

    /// <summary>Takes a command apart.</summary>
    public void Read(in Command command)
    {
        Command = command;
        (Spec, Error) = (null, null);
        if (command.Count > 0)
        {
            Spec = CommandTable.Find(command, out var error);
            Error = error;
        }

        if (Spec is { } spec)
        {
            Lane = CommandLane.Of(spec, node.Keys, command, Key);
        }
        else
        {
            Lane = CommandLane.None;
            Key.Forget();
        }
    }

    /// <summary>Lets go of the command, whose input may be large, and so may a key of Holdfast's own.</summary>
    public void Forget()
    {
        Command = default;
        Key.Forget();
    }
}
