using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary>
/// <c>SCAN</c> of a server for the records of a kind in a partition: the page at the cursor, or the first one if another process
/// answers by now than the one that gave the cursor.
/// </summary>
internal sealed class ScanCall(StoreView view, int partition, string kind, ScanCursor from) : AwaitedCall<ScanPage>
{
    /// <summary>How many keys of the server the page is of.</summary>
    private const int Step = 1000;

    public override void Write(RespWriter writer, ServerProfile server)
    {
        writer.Command(6);
        writer.Bulk("SCAN"u8);
        writer.Bulk(from.PositionAt(server));
        writer.Bulk("MATCH"u8);
        writer.Bulk(view.Keys.Text(partition, kind + "/*"));
        writer.Bulk("COUNT"u8);
        writer.Bulk(Step);
    }

    public override ReplyVerdict Read(ref RespReader reader, ServerProfile server)
    {
        reader.ReadCount(2);
        var next = new ScanCursor(server.RunId, reader.ReadString());
        var addresses = new List<Address>();
        for (var left = reader.ReadCount(0); left > 0; left--)
        {
            var key = reader.ReadString();
            if (Address.TryParse(key[(key.IndexOf("}:", StringComparison.Ordinal) + 2)..], out var found))
            {
                addresses.Add(found);
            }
        }

        Succeed(new ScanPage(next, addresses));
        return ReplyVerdict.Settled;
    }
}
