namespace Holdfast.Node;

/// <summary>The commands on hashes: of plain keys, and, those that read, of Holdfast's own keys.</summary>
internal static class HashCommands
{
    public static readonly CommandSpec[] All =
    [
        CommandSpec.OfKey("hget", 3, OfHash(static (x, command, hash) => x.Reply.BulkOrNull(hash.Field(command[2])))),
        CommandSpec.OfKey("hexists", 3, OfHash(static (x, command, hash) => x.Reply.Integer(hash.Field(command[2]) is null ? 0 : 1))),
        CommandSpec.OfKey("hstrlen", 3, OfHash(static (x, command, hash) => x.Reply.Integer(hash.Field(command[2])?.Length ?? 0))),
        CommandSpec.OfKey("hlen", 2, OfHash(static (x, _, hash) => x.Reply.Integer(hash.FieldCount))),
        CommandSpec.OfKey("hgetall", 2, OfHash(static (x, _, hash) => WriteAll(x, hash))),
        CommandSpec.OfKey("hkeys", 2, OfHash(static (x, _, hash) => WriteNames(x, hash))),
        CommandSpec.OfKey("hvals", 2, OfHash(static (x, _, hash) => WriteValues(x, hash))),
        CommandSpec.OfKey("hmget", -3, OfHash(static (x, command, hash) => WriteMany(x, command, hash))),
        CommandSpec.OfKey("hscan", -3, HashScan.Run),
        CommandSpec.OfKeyWrite("hset", -4, FillAsync),
        CommandSpec.OfKeyWrite("hmset", -4, FillAsync),
        CommandSpec.OfKeyWrite("hsetnx", 4, FillAsync),
        CommandSpec.OfKeyWrite("hdel", -3, RemoveAsync),
        CommandSpec.OfKeyWrite("hincrby", 4, CountAsync),
    ];

    private static Action<Execution, Command> OfHash(Action<Execution, Command, StoredKey> run) => (x, command) =>
    {
        var key = StoredKey.ReadFirst(x);
        if (key.Exists && !key.IsHash)
        {
            x.Reply.Error(RedisErrors.WrongType);
        }
        else
        {
            run(x, command, key);
        }
    };

    private static void WriteAll(Execution x, in StoredKey hash)
    {
        x.Reply.Map(hash.FieldCount);
        foreach (var (field, value) in hash.Fields)
        {
            x.Reply.Bulk(hash.NameOf(field));
            x.Reply.Bulk(value.Span);
        }
    }

    private static void WriteNames(Execution x, in StoredKey hash)
    {
        x.Reply.Array(hash.FieldCount);
        foreach (var (field, _) in hash.Fields)
        {
            x.Reply.Bulk(hash.NameOf(field));
        }
    }

    private static void WriteValues(Execution x, in StoredKey hash)
    {
        x.Reply.Array(hash.FieldCount);
        foreach (var (_, value) in hash.Fields)
        {
            x.Reply.Bulk(value.Span);
        }
    }

    private static void WriteMany(Execution x, in Command command, in StoredKey hash)
    {
        x.Reply.Array(command.Count - 2);
        for (var i = 2; i < command.Count; i++)
        {
            x.Reply.BulkOrNull(hash.Field(command[i]));
        }
    }

    private static ValueTask FillAsync(PendingCommit pending)
    {
        var command = pending.Command;
        if (command.Count % 2 != 0)
        {
            return pending.Refuse(RedisErrors.WrongArity(pending.Spec.Name));
        }

        var fields = new List<KeyValuePair<string, ReadOnlyMemory<byte>>>(command.Count / 2);
        for (var i = 2; i < command.Count; i += 2)
        {
            fields.Add(new(PlainRecord.FieldOf(command[i]), command.Memory(i + 1)));
        }

        return KeyCommit.MakeAsync(pending, new HashFill(pending.Key(), fields)
        {
            OnlyIfAbsent = pending.Spec.Name == "hsetnx",
            TellsOk = pending.Spec.Name == "hmset",
        });
    }

    private static ValueTask RemoveAsync(PendingCommit pending)
    {
        var fields = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 2; i < pending.Command.Count; i++)
        {
            if (PlainRecord.FindField(pending.Command[i]) is { } field)
            {
                fields.Add(field);
            }
        }

        return KeyCommit.MakeAsync(pending, new HashRemoval(pending.Key(), fields));
    }

    private static ValueTask CountAsync(PendingCommit pending) =>
        Number.TryParse(pending.Command[3], out var by)
            ? KeyCommit.MakeAsync(pending, new Increment(pending.Key(), PlainRecord.FieldOf(pending.Command[2]), by))
            : pending.Refuse(RedisErrors.NotAnInteger);
}
