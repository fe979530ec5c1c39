namespace Holdfast.Node;

/// <summary>A command that the node knows.</summary>
/// <param name="Name">In lower case; a subcommand's as <c>client|id</c>.</param>
/// <param name="Arity">How many arguments it has, its name included; negative: at least so many.</param>
/// <param name="Run">Writes its reply.</param>
internal sealed record CommandSpec(string Name, int Arity, Action<Execution, Command> Run)
{
    public CommandOrder Order { get; init; } = CommandOrder.Free;

    /// <summary>The partition of an <see cref="CommandOrder.InLane"/>; -1 when the arguments name none, and then it is free, -2 when they name several.</summary>
    public Func<WireKeys, Command, int> LaneOf { get; init; } = static (_, _) => -1;

    /// <summary>How a commit starts; it ends later, and <see cref="Run"/> is not used.</summary>
    public CommitStart? Start { get; init; }

    /// <summary>For FCALL and FCALL_RO: the second argument names the function to run.</summary>
    public bool IsCall { get; init; }

    /// <summary>Whether it is obeyed before AUTH.</summary>
    public bool NeedsNoPassword { get; init; }

    /// <summary>Whether it is obeyed while a RESP2 connection listens to channels.</summary>
    public bool IsForSubscribers { get; init; }

    /// <summary>For commands such as CLIENT: what the second argument, in lower case, selects.</summary>
    public IReadOnlyDictionary<string, CommandSpec>? Subcommands { get; init; }

    public bool Takes(int count) => Arity >= 0 ? count == Arity : count >= -Arity;
}
