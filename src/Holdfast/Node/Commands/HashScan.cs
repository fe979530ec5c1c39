namespace Holdfast.Node;

/// <summary><c>HSCAN key cursor [MATCH glob] [COUNT n]</c>: all fields in one page, as Redis answers for a small hash.</summary>
internal static class HashScan
{
    public static void Run(Execution x, Command command)
    {
        if (!ScanCommand.IsCursor(command[2]))
        {
            x.Reply.Error("ERR invalid cursor");
            return;
        }

        var key = StoredKey.ReadFirst(x);
        if (key.Exists && !key.IsHash)
        {
            x.Reply.Error(RedisErrors.WrongType);
            return;
        }

        var options = new ScanOptions();
        if (key.Exists && options.Read(command, 3, takesType: false) is { } error)
        {
            x.Reply.Error(error);
            return;
        }

        Write(x.Reply, key, options);
    }

    private static void Write(ReplyBuffer reply, in StoredKey key, ScanOptions options)
    {
        List<(byte[] Name, ReadOnlyMemory<byte> Value)> found = [];
        foreach (var (field, value) in key.Fields)
        {
            var name = key.NameOf(field).ToArray();
            if (options.Matches(name))
            {
                found.Add((name, value));
            }
        }

        reply.Array(2);
        reply.BulkNumber(0);
        reply.Array(found.Count * 2);
        foreach (var (name, value) in found)
        {
            reply.Bulk(name);
            reply.Bulk(value.Span);
        }
    }
}
