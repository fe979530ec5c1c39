namespace Holdfast.Node;

/// <summary>The commands with which anyone can look at records, heads and the store's own record.</summary>
internal static class RecordCommands
{
    public static readonly CommandSpec[] All =
    [
        OfKey("hgetall", 2, GetAll),
        OfKey("hget", 3, Get),
        OfKey("hmget", -3, GetMany),
        OfKey("hlen", 2, static (x, command) => x.Reply.Integer(WireHash.Find(x, command[1])?.Fields.Count ?? 0)),
        OfKey("type", 2, static (x, command) => x.Reply.Simple(WireHash.Find(x, command[1]) is null ? "none"u8 : "hash"u8)),
        OfKey("pttl", 2, static (x, command) => x.Reply.Integer(WireHash.Find(x, command[1])?.MillisecondsLeft ?? -2)),
        OfKey("ttl", 2, TimeToLive),
        new("exists", -2, Exists) { Order = CommandOrder.InLane, LaneOf = CommandLane.OfAll },
        new("scan", -2, ScanCommand.Run) { Order = CommandOrder.AfterAll },
        new("dbsize", 1, static (x, _) => x.Reply.Integer(x.Node.Engine.CountRecords())) { Order = CommandOrder.AfterAll },
    ];

    private static CommandSpec OfKey(string name, int arity, Action<Execution, Command> run) =>
        new(name, arity, run) { Order = CommandOrder.InLane, LaneOf = CommandLane.OfFirst };

    private static void GetAll(Execution x, Command command)
    {
        var hash = WireHash.Find(x, command[1]);
        x.Reply.Map(hash?.Fields.Count ?? 0);
        foreach (var (name, value) in hash?.Fields ?? [])
        {
            x.Reply.Bulk(name);
            x.Reply.Bulk(value.Span);
        }
    }

    private static void Get(Execution x, Command command) =>
        WriteField(x.Reply, WireHash.Find(x, command[1]), command.Text(2));

    private static void GetMany(Execution x, Command command)
    {
        var hash = WireHash.Find(x, command[1]);
        x.Reply.Array(command.Count - 2);
        for (var i = 2; i < command.Count; i++)
        {
            WriteField(x.Reply, hash, command.Text(i));
        }
    }

    private static void WriteField(ReplyBuffer reply, WireHash? hash, string name)
    {
        if (hash?[name] is { } value)
        {
            reply.Bulk(value.Span);
        }
        else
        {
            reply.Null();
        }
    }

    private static void TimeToLive(Execution x, Command command)
    {
        var left = WireHash.Find(x, command[1])?.MillisecondsLeft ?? -2;
        x.Reply.Integer(left < 0 ? left : (left + 500) / 1000);
    }

    private static void Exists(Execution x, Command command)
    {
        var count = 0;
        for (var i = 1; i < command.Count; i++)
        {
            count += WireHash.Find(x, command[i]) is null ? 0 : 1;
        }

        x.Reply.Integer(count);
    }
}
