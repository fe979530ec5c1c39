using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary><c>hf1_read</c> of one record, or of the partition's moment alone.</summary>
internal sealed class ReadCall : PooledCall<Reading>
{
    private readonly StoreView view;
    private readonly CallPool<ReadCall> pool;
    private Address? address;

    private ReadCall(StoreView view, CallPool<ReadCall> pool) => (this.view, this.pool) = (view, pool);

    /// <summary>Takes a call out of the pool, or makes one.</summary>
    /// <param name="pool">Where it comes from and goes back to.</param>
    /// <param name="view">What its reply is told to: the same for all calls of the pool.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="address">The record; null for the partition's moment alone.</param>
    public static ReadCall Of(CallPool<ReadCall> pool, StoreView view, int partition, Address? address)
    {
        var call = pool.TryTake(out var used) ? used : new ReadCall(view, pool);
        (call.Partition, call.address) = (partition, address);
        return call;
    }

    public override void Write(RespWriter writer, ServerProfile server)
    {
        ReadWire.Begin(writer, view, Partition, address is null ? 0 : 1);
        if (address is { } read)
        {
            view.Keys.Write(writer, Partition, read.ToString());
        }
    }

    public override ReplyVerdict Read(ref RespReader reader, ServerProfile server)
    {
        if (!ReadWire.TryReadMoment(ref reader, server, Partition, address is null ? 0 : 1, out var at))
        {
            return ReplyVerdict.TermUnknown;
        }

        var record = address is { } read ? ReadWire.ReadRecord(ref reader, this, view, at, read) : null;
        view.Saw(this, at);
        Succeed(new Reading(record, at));
        return ReplyVerdict.Settled;
    }

    protected override void Renew()
    {
        base.Renew();
        address = null;
    }

    protected override void Return() => pool.Return(this);
}
