using System.Text;

namespace Holdfast.Node;

/// <summary>COMMAND and its kin: what clients ask to learn which commands there are, and where the keys of each stand.</summary>
internal static class CommandReport
{
    /// <summary>What Redis 7 tells of a command: name, arity, flags, first key, last key, step, and four lists.</summary>
    private const int Parts = 10;

    private const int MaxPatternBytes = 1024;

    public static readonly IReadOnlyDictionary<string, CommandSpec> Subcommands = CommandTable.Subcommands(
        new("command|count", 2, static (x, _) => x.Reply.Integer(CommandTable.All.Count)),
        new("command|docs", -2, Docs),
        new("command|getkeys", -4, GetKeys),
        new("command|info", -2, Some),
        new("command|list", -2, List));

    /// <summary>COMMAND: all of them.</summary>
    public static void All(Execution x, Command command)
    {
        x.Reply.Array(CommandTable.All.Count);
        foreach (var spec in CommandTable.All)
        {
            Write(x.Reply, spec);
        }
    }

    /// <summary>COMMAND INFO: those that are named, null for one that there is not.</summary>
    private static void Some(Execution x, Command command)
    {
        if (command.Count == 2)
        {
            All(x, command);
            return;
        }

        x.Reply.Array(command.Count - 2);
        for (var i = 2; i < command.Count; i++)
        {
            if (Find(command.Text(i)) is { } spec)
            {
                Write(x.Reply, spec);
            }
            else
            {
                x.Reply.NullArray();
            }
        }
    }

    /// <summary>COMMAND DOCS: of each its group; the words about it are Redis's own documentation.</summary>
    private static void Docs(Execution x, Command command)
    {
        IReadOnlyList<CommandSpec> told = command.Count == 2
            ? CommandTable.All
            : [.. Enumerable.Range(2, command.Count - 2).Select(i => Find(command.Text(i))).OfType<CommandSpec>()];
        x.Reply.Map(told.Count);
        foreach (var spec in told)
        {
            x.Reply.Bulk(spec.Name);
            x.Reply.Map(2);
            x.Reply.Bulk("summary"u8);
            x.Reply.Bulk("As in Redis 7.0; docs/node.md tells what differs.");
            x.Reply.Bulk("arity"u8);
            x.Reply.Integer(spec.Arity);
        }
    }

    private static void List(Execution x, Command command)
    {
        Glob? pattern = null;
        if (command.Count > 2)
        {
            if (command.Count != 5 || !command.Is(2, "FILTERBY"u8) || !command.Is(3, "PATTERN"u8))
            {
                x.Reply.Error(RedisErrors.Syntax);
                return;
            }

            if (command[4].Length > MaxPatternBytes)
            {
                x.Reply.Error($"HFLIMIT a pattern has at most {MaxPatternBytes} bytes");
                return;
            }

            pattern = new Glob(command[4]);
        }

        string[] names = [.. CommandTable.All.Select(static spec => spec.Name).Where(name => pattern?.Matches(Encoding.ASCII.GetBytes(name)) ?? true)];
        x.Reply.Array(names.Length);
        foreach (var name in names)
        {
            x.Reply.Bulk(name);
        }
    }

    /// <summary>COMMAND GETKEYS: which of a command's arguments are keys.</summary>
    private static void GetKeys(Execution x, Command command)
    {
        if (Find(command.Text(2)) is not { } spec)
        {
            x.Reply.Error("ERR Invalid command specified");
            return;
        }

        var count = command.Count - 2;
        if (!spec.Takes(count))
        {
            x.Reply.Error("ERR Invalid number of arguments specified for command");
            return;
        }

        List<int> at = [.. KeysOf(spec, command, count)];
        if (at.Count == 0)
        {
            x.Reply.Error("ERR The command has no key arguments");
            return;
        }

        x.Reply.Array(at.Count);
        foreach (var index in at)
        {
            x.Reply.Bulk(command[index]);
        }
    }

    private static IEnumerable<int> KeysOf(CommandSpec spec, Command command, int count)
    {
        var (first, last, step) = (spec.Keys.First, spec.Keys.Last, spec.Keys.Step);
        if (spec.IsCall)
        {
            first = FunctionCommands.FirstKey;
            last = Number.TryParse(command[4], out var keys) && keys >= 0 && keys <= count - first ? first + (int)keys - 1 : 0;
            step = 1;
        }

        last = last < 0 ? count + last : last;
        for (var i = first; step > 0 && i <= last; i += step)
        {
            yield return 2 + i;
        }
    }

    private static CommandSpec? Find(string name) => CommandTable.All.FirstOrDefault(spec => spec.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static void Write(ReplyBuffer reply, CommandSpec spec)
    {
        reply.Array(Parts);
        reply.Bulk(spec.Name);
        reply.Integer(spec.Arity);
        string[] flags =
        [
            .. spec.IsWrite ? ["write"] : spec.Keys.Step > 0 || spec.Name == "fcall_ro" ? ["readonly"] : (string[])[],
            .. spec.IsCall ? ["movablekeys"] : (string[])[],
        ];
        reply.Set(flags.Length);
        foreach (var flag in flags)
        {
            reply.Simple(Encoding.ASCII.GetBytes(flag));
        }

        reply.Integer(spec.Keys.First);
        reply.Integer(spec.Keys.Last);
        reply.Integer(spec.Keys.Step);

        // Categories of access, hints for proxies, and where keys stand told in another way: none of them means anything here.
        reply.Set(0);
        reply.Array(0);
        reply.Array(0);
        var subcommands = spec.Subcommands?.Values.OrderBy(static subcommand => subcommand.Name, StringComparer.Ordinal).ToArray() ?? [];
        reply.Array(subcommands.Length);
        foreach (var subcommand in subcommands)
        {
            Write(reply, subcommand);
        }
    }
}
