using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary><c>hf1_open</c>: opens a term if the server's tenure is new to the partition, and tells its head.</summary>
internal sealed class OpenCall : AwaitedCall<PartitionHead>
{
    private readonly StoreView view;

    public OpenCall(StoreView view, int partition) => (this.view, Partition) = (view, partition);

    public override void Write(RespWriter writer, ServerProfile server)
    {
        writer.Command(5);
        writer.Bulk("FCALL"u8);
        writer.Bulk("hf1_open"u8);
        writer.Bulk(1);
        view.Keys.Write(writer, Partition, StoreKeys.Head);
        writer.Bulk(server.Tenure);
    }

    public override ReplyVerdict Read(ref RespReader reader, ServerProfile server)
    {
        reader.ReadCount(2);
        var revision = reader.ReadInteger();
        var terms = new TermStart[reader.ReadCount(2) / 2];
        for (var i = 0; i < terms.Length; i++)
        {
            terms[i] = new TermStart(reader.ReadInteger(), reader.ReadInteger());
        }

        var head = new PartitionHead(Partition, revision, terms);
        view.Learnt(this, head);
        Succeed(head);
        return ReplyVerdict.Settled;
    }
}
