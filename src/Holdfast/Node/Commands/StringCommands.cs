using Holdfast.Embedded;

namespace Holdfast.Node;

/// <summary>The commands on strings of plain keys.</summary>
internal static class StringCommands
{
    public static readonly CommandSpec[] All =
    [
        CommandSpec.OfKey("get", 2, Get),
        CommandSpec.OfKey("strlen", 2, Length),
        new("mget", -2, GetMany) { Order = CommandOrder.InLane, Keys = KeyPositions.All },
        CommandSpec.OfKeyWrite("set", -3, SetOptions.StartAsync) with { IsSet = true },
        CommandSpec.OfKeyWrite("setex", 4, static pending => SetUntilAsync(pending, ExpiryArgument.Seconds)),
        CommandSpec.OfKeyWrite("psetex", 4, static pending => SetUntilAsync(pending, ExpiryArgument.Milliseconds)),
        CommandSpec.OfKeyWrite("setnx", 3, static pending => SetAsync(pending, 2, StringSet.Telling.Count, onlyIfAbsent: true)),
        CommandSpec.OfKeyWrite("getset", 3, static pending => SetAsync(pending, 2, StringSet.Telling.Old, onlyIfAbsent: false)),
        CommandSpec.OfKeyWrite("getdel", 2, static pending => KeyCommit.MakeAsync(pending, new StringTake(pending.Key()) { Removes = true })),
        CommandSpec.OfKeyWrite("getex", -2, SetOptions.StartTakeAsync),
        CommandSpec.OfKeyWrite("append", 3, static pending => KeyCommit.MakeAsync(pending, new StringAppend(pending.Key(), pending.Command.Memory(2)))),
        CommandSpec.OfKeyWrite("incr", 2, static pending => KeyCommit.MakeAsync(pending, new Increment(pending.Key(), null, 1))),
        CommandSpec.OfKeyWrite("decr", 2, static pending => KeyCommit.MakeAsync(pending, new Increment(pending.Key(), null, -1))),
        CommandSpec.OfKeyWrite("incrby", 3, static pending => CountAsync(pending, isDown: false)),
        CommandSpec.OfKeyWrite("decrby", 3, static pending => CountAsync(pending, isDown: true)),
        new("mset", -3, CommandSpec.Nothing) { Order = CommandOrder.InLane, Keys = KeyPositions.Pairs, Start = SetManyAsync, IsWrite = true },
    ];

    private static void Get(Execution x, Command command)
    {
        if (x.First.Kind == WireKeyKind.Plain)
        {
            StoredKey.Look(x, WriteString);
            return;
        }

        var key = StoredKey.ReadFirst(x);
        if (key.IsHash)
        {
            x.Reply.Error(RedisErrors.WrongType);
        }
        else
        {
            x.Reply.BulkOrNull(key.Value);
        }
    }

    private static void WriteString(in RecordView record, Execution x)
    {
        if (record.IsAbsent)
        {
            x.Reply.Null();
        }
        else if (record.TryField(PlainRecord.ValueFieldName, out var value))
        {
            x.Reply.Bulk(value);
        }
        else
        {
            x.Reply.Error(RedisErrors.WrongType);
        }

        x.Note(wasFound: !record.IsAbsent);
    }

    private static void Length(Execution x, Command command)
    {
        var key = StoredKey.ReadFirst(x);
        if (key.IsHash)
        {
            x.Reply.Error(RedisErrors.WrongType);
        }
        else
        {
            x.Reply.Integer(key.Value?.Length ?? 0);
        }
    }

    private static void GetMany(Execution x, Command command)
    {
        x.Reply.Array(command.Count - 1);
        for (var i = 1; i < command.Count; i++)
        {
            x.Reply.BulkOrNull(StoredKey.Read(x, command[i]).Value);
        }
    }

    private static ValueTask SetAsync(PendingCommit pending, int value, StringSet.Telling tells, bool onlyIfAbsent) =>
        KeyCommit.MakeAsync(pending, new StringSet(pending.Key(), pending.Command.Memory(value)) { Tells = tells, OnlyIfAbsent = onlyIfAbsent });

    private static ValueTask SetUntilAsync(PendingCommit pending, ExpiryArgument expiry)
    {
        if (!expiry.TryRead(pending.Command[2], mayBeOver: false, pending.Spec.Name, pending.Session.Node.Clock, out var left, out var error))
        {
            return pending.Refuse(error);
        }

        return KeyCommit.TrySet(pending, pending.Command[3], StringSet.ExpiryOf(left, keepsExpiry: false), out var made)
            ? made
            : KeyCommit.MakeAsync(pending, new StringSet(pending.Key(), pending.Command.Memory(3)) { Left = left });
    }

    private static ValueTask CountAsync(PendingCommit pending, bool isDown)
    {
        if (!Number.TryParse(pending.Command[2], out var by))
        {
            return pending.Refuse(RedisErrors.NotAnInteger);
        }

        return isDown && by == long.MinValue
            ? pending.Refuse("ERR decrement would overflow")
            : KeyCommit.MakeAsync(pending, new Increment(pending.Key(), null, isDown ? -by : by));
    }

    /// <summary>Of a key that is named more than once the last string counts.</summary>
    private static async ValueTask SetManyAsync(PendingCommit pending)
    {
        var command = pending.Command;
        if (command.Count % 2 == 0)
        {
            pending.Reply.Error(RedisErrors.WrongArity("mset"));
            return;
        }

        var writes = new Dictionary<Address, KeyWrite>(command.Count / 2);
        for (var i = 1; i < command.Count; i += 2)
        {
            var key = pending.Key(i);
            writes[key.Address] = new StringSet(key, command.Memory(i + 1));
        }

        await KeyCommit.MakeAsync(pending, [.. writes.Values]).ConfigureAwait(false);
        pending.Reply.Ok();
    }
}
