using System.Text;

namespace Holdfast.Node;

/// <summary>
/// <c>SCAN cursor [MATCH glob] [COUNT n] [TYPE type]</c> over the records. The cursor is the partition to go on with:
/// a page tells whole partitions, at least one, until COUNT keys were looked at, so records that exist throughout
/// are told exactly once.
/// </summary>
internal static class ScanCommand
{
    private const int DefaultCount = 10;
    private const int MaxPatternBytes = 1024;

    public static void Run(Execution x, Command command)
    {
        var engine = x.Node.Engine;
        if (!Number.TryParse(command[1], out var cursor) || cursor < 0)
        {
            x.Reply.Error("ERR invalid cursor");
            return;
        }

        if (!TryOptions(x, command, out var pattern, out var count, out var isOfHashes))
        {
            return;
        }

        var found = new List<string>();
        var partition = (int)Math.Min(cursor, engine.Partitions.Count);
        for (var looked = 0L; partition < engine.Partitions.Count && looked < count; partition++)
        {
            foreach (var address in engine.AddressesOf(partition))
            {
                looked++;
                var key = x.Node.Keys.KeyOf(partition, address.ToString());
                if (isOfHashes && (pattern is null || Glob.Matches(pattern, Encoding.ASCII.GetBytes(key))))
                {
                    found.Add(key);
                }
            }
        }

        Write(x.Reply, partition == engine.Partitions.Count ? 0 : partition, found);
    }

    private static void Write(ReplyBuffer reply, int cursor, List<string> keys)
    {
        reply.Array(2);
        reply.BulkNumber(cursor);
        reply.Array(keys.Count);
        foreach (var key in keys)
        {
            reply.Bulk(key);
        }
    }

    private static bool TryOptions(Execution x, Command command, out byte[]? pattern, out long count, out bool isOfHashes)
    {
        pattern = null;
        count = DefaultCount;
        isOfHashes = true;
        for (var i = 2; i < command.Count; i += 2)
        {
            string? problem = null;
            if (i + 1 == command.Count)
            {
                problem = "ERR syntax error";
            }
            else if (command.Is(i, "MATCH"u8))
            {
                pattern = command[i + 1].ToArray();
                problem = pattern.Length > MaxPatternBytes ? $"ERR a pattern has at most {MaxPatternBytes} bytes" : null;
            }
            else if (command.Is(i, "COUNT"u8))
            {
                problem = !Number.TryParse(command[i + 1], out count) ? "ERR value is not an integer or out of range"
                    : count < 1 ? "ERR syntax error" : null;
            }
            else if (command.Is(i, "TYPE"u8))
            {
                isOfHashes = command.Is(i + 1, "HASH"u8);
            }
            else
            {
                problem = "ERR syntax error";
            }

            if (problem is not null)
            {
                x.Reply.Error(problem);
                return false;
            }
        }

        return true;
    }
}
