using System.Globalization;
using System.Text;

namespace Holdfast.Node;

/// <summary>
/// <c>SCAN cursor [MATCH glob] [COUNT n] [TYPE type]</c> over the records. The cursor is the partition to go on with:
/// a page tells whole partitions, at least one, until COUNT keys were looked at, so records that exist throughout
/// are told exactly once.
/// </summary>
internal static class ScanCommand
{
    private const int MaxCursorDigits = 19;

    /// <summary>After how many keys a page ends, whatever COUNT says: others wait meanwhile.</summary>
    private const int MaxCount = 10_000;

    public static bool IsCursor(ReadOnlySpan<byte> text) => text.Length is > 0 and <= MaxCursorDigits && !text.ContainsAnyExceptInRange((byte)'0', (byte)'9');

    public static void Run(Execution x, Command command)
    {
        if (!IsCursor(command[1]))
        {
            x.Reply.Error("ERR invalid cursor");
            return;
        }

        var options = new ScanOptions();
        if (options.Read(command, 2, takesType: true) is { } error)
        {
            x.Reply.Error(error);
            return;
        }

        var engine = x.Node.Engine;
        var count = Math.Min(options.Count, MaxCount);
        var found = new List<byte[]>();
        var partition = (int)Math.Min(long.Parse(command[1], CultureInfo.InvariantCulture), engine.Partitions.Count);
        for (var looked = 0L; partition < engine.Partitions.Count && looked < count; partition++)
        {
            foreach (var address in engine.AddressesOf(partition))
            {
                looked++;
                if (KeyOf(x.Node, partition, address, options) is { } key && options.Matches(key))
                {
                    found.Add(key);
                }
            }
        }

        Write(x.Reply, partition == engine.Partitions.Count ? 0 : partition, found);
    }

    /// <summary>The key by which the record goes; null if it is of another type, or gone meanwhile.</summary>
    private static byte[]? KeyOf(StateNode node, int partition, Address address, ScanOptions options)
    {
        if (!PlainKey.IsPlainAddress(address))
        {
            return options.IsOfType("hash"u8) ? Encoding.ASCII.GetBytes(node.Keys.KeyOf(partition, address.ToString())) : null;
        }

        if (!options.HasType && !PlainKey.IsHashedAddress(address))
        {
            return PlainKey.Decode(address);
        }

        return Ended.Of(node.Engine.ReadAsync(address)).Record is { } record && options.IsOfType(PlainRecord.IsString(record) ? "string"u8 : "hash"u8)
            ? PlainKey.Decode(address) ?? record[PlainRecord.KeyField]?.ToArray()
            : null;
    }

    private static void Write(ReplyBuffer reply, int cursor, List<byte[]> keys)
    {
        reply.Array(2);
        reply.BulkNumber(cursor);
        reply.Array(keys.Count);
        foreach (var key in keys)
        {
            reply.Bulk(key);
        }
    }
}
