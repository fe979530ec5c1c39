using Holdfast.NearCaching;
using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary>
/// <c>HGETALL</c> of a record that the near cache has served, to see whether the store agrees. Nobody awaits it, and it is
/// not repeated.
/// </summary>
internal sealed class SampleCall : AwaitedCall<bool>
{
    private readonly StoreView view;
    private readonly Address address;

    public SampleCall(StoreView view, NearCacheEntry served) => (this.view, Partition, address) = (view, served.Partition, served.Address);

    public override bool IsRepeatable => false;

    public override void Write(RespWriter writer, ServerProfile server)
    {
        writer.Command(2);
        writer.Bulk("HGETALL"u8);
        view.Keys.Write(writer, Partition, address.ToString());
    }

    public override ReplyVerdict Read(ref RespReader reader, ServerProfile server)
    {
        var told = RecordReply.ReadHash(ref reader).ToRecord(address, SentAt, view.Clock);
        view.Watches.Saw(Partition, address, told is not null);
        var isRight = !view.Cache.Contradicts(Feed, Partition, address, told);
        if (!isRight)
        {
            view.Contradicted(Partition, address);
        }

        Succeed(isRight);
        return ReplyVerdict.Settled;
    }
}
