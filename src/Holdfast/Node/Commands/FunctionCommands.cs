namespace Holdfast.Node;

/// <summary>FCALL and FCALL_RO of the functions of docs/wire.md, and FUNCTION LIST, which names them.</summary>
internal static class FunctionCommands
{
    /// <summary>Where the keys begin: behind the command, the function and the number of keys.</summary>
    public const int FirstKey = 3;

    private const string Library = "holdfast1";

    public static readonly CommandSpec[] All =
    [
        new("fcall", -3, CommandSpec.Nothing) { IsCall = true },
        new("fcall_ro", -3, CommandSpec.Nothing) { IsCall = true },
        new("function", -2, CommandSpec.Nothing)
        {
            Subcommands = CommandTable.Subcommands(new CommandSpec("function|list", -2, List)),
        },
    ];

    public static readonly CommandSpec[] Functions =
    [
        new("hf1_commit", -3, CommandSpec.Nothing)
        {
            Order = CommandOrder.InLane, Keys = KeyPositions.OfFunction, IsOneCommit = true,
            Start = static pending => CommitFunction.Start(pending, isRemoval: false),
        },
        new("hf1_remove", -3, CommandSpec.Nothing)
        {
            Order = CommandOrder.InLane, Keys = KeyPositions.OfFunction, IsOneCommit = true,
            Start = static pending => CommitFunction.Start(pending, isRemoval: true),
        },
        new("hf1_open", -3, ReadFunctions.Open) { Order = CommandOrder.InLane, Keys = KeyPositions.OfFunction },
        new("hf1_read", -3, ReadFunctions.Read) { Order = CommandOrder.InLane, Keys = KeyPositions.OfFunction },
        new("hf1_journal", -3, ReadFunctions.Journal) { Order = CommandOrder.InLane, Keys = KeyPositions.OfFunction },
    ];

    /// <summary>The function that the call names; null with Redis's error if there is none, or the keys don't add up.</summary>
    public static CommandSpec? Find(CommandSpec call, in Command command, out string? error)
    {
        error = null;
        foreach (var function in Functions)
        {
            if (!System.Text.Ascii.Equals(command[1], function.Name))
            {
                continue;
            }

            error = !Number.TryParse(command[2], out var keys) ? "ERR Bad number of keys provided"
                : keys > command.Count - FirstKey ? "ERR Number of keys can't be greater than number of args"
                : keys < 0 ? "ERR Number of keys can't be negative"
                : call.Name == "fcall_ro" && function.Name is not ("hf1_read" or "hf1_journal")
                    ? "ERR Can not execute a script with write flag using *_ro command."
                : keys == 0 ? "HFARG the first key is the head of a partition of this store"
                : null;
            return error is null ? function : null;
        }

        error = "ERR Function not found";
        return null;
    }

    /// <summary>How many keys the call has; checked by <see cref="Find"/>.</summary>
    public static int KeyCount(in Command command) => Number.TryParse(command[2], out var keys) ? (int)keys : 0;

    private static void List(Execution x, Command command)
    {
        x.Reply.Array(1);
        x.Reply.Map(3);
        x.Reply.Bulk("library_name"u8);
        x.Reply.Bulk(Library);
        x.Reply.Bulk("engine"u8);
        x.Reply.Bulk("NODE"u8);
        x.Reply.Bulk("functions"u8);
        x.Reply.Array(Functions.Length);
        foreach (var function in Functions)
        {
            x.Reply.Map(3);
            x.Reply.Bulk("name"u8);
            x.Reply.Bulk(function.Name);
            x.Reply.Bulk("description"u8);
            x.Reply.Null();
            x.Reply.Bulk("flags"u8);
            x.Reply.Array(0);
        }
    }
}
