namespace Holdfast.Node;

/// <summary>A command that the node knows.</summary>
/// <param name="Name">In lower case; a subcommand's as <c>client|id</c>.</param>
/// <param name="Arity">How many arguments it has, its name included; negative: at least so many.</param>
/// <param name="Run">Writes its reply.</param>
internal sealed record CommandSpec(string Name, int Arity, Action<Execution, Command> Run)
{
    public CommandOrder Order { get; init; } = CommandOrder.Free;

    /// <summary>Where its keys stand, which tell the partition of an <see cref="CommandOrder.InLane"/>.</summary>
    public KeyPositions Keys { get; init; }

    /// <summary>How a commit starts; it ends later, and <see cref="Run"/> is not used.</summary>
    public CommitStart? Start { get; init; }

    /// <summary>Whether its commit is decided, and its reply written, before <see cref="Start"/> returns.</summary>
    public bool IsOneCommit { get; init; }

    /// <summary>Whether it changes keys that are not Holdfast's own.</summary>
    public bool IsWrite { get; init; }

    /// <summary>Whether, with a key and a string and nothing else, it gives the key the string and answers OK: those that follow each other are taken together.</summary>
    public bool IsSet { get; init; }

    /// <summary>For FCALL and FCALL_RO: the second argument names the function to run.</summary>
    public bool IsCall { get; init; }

    /// <summary>Whether it is obeyed before AUTH.</summary>
    public bool NeedsNoPassword { get; init; }

    /// <summary>Whether it is obeyed while a RESP2 connection listens to channels.</summary>
    public bool IsForSubscribers { get; init; }

    /// <summary>Where it, or the command that it is part of, stands in <see cref="CommandTable.All"/>.</summary>
    public int Place { get; set; }

    /// <summary>For commands such as CLIENT: what the second argument, in lower case, selects.</summary>
    public IReadOnlyDictionary<string, CommandSpec>? Subcommands { get; init; }

    /// <summary>A command that reads the one key that is its first argument.</summary>
    public static CommandSpec OfKey(string name, int arity, Action<Execution, Command> run) =>
        new(name, arity, run) { Order = CommandOrder.InLane, Keys = KeyPositions.One };

    /// <summary>A command that changes the one key that is its first argument.</summary>
    public static CommandSpec OfKeyWrite(string name, int arity, CommitStart start) =>
        new(name, arity, Nothing) { Order = CommandOrder.InLane, Keys = KeyPositions.One, Start = start, IsOneCommit = true, IsWrite = true };

    /// <summary>What a command runs that has subcommands, or starts a commit.</summary>
    public static void Nothing(Execution x, Command command)
    {
    }

    public bool Takes(int count) => Arity >= 0 ? count == Arity : count >= -Arity;
}
