using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary><c>EXISTS</c> of a watched key: the store tells of its next change from then on.</summary>
internal sealed class WatchCall : AwaitedCall<bool>
{
    private readonly StoreView view;
    private readonly string rest;
    private readonly WatchReason reason;

    /// <summary>Prepares the call.</summary>
    /// <param name="view">Whose watches it is for.</param>
    /// <param name="partition">The key's partition.</param>
    /// <param name="rest">The key.</param>
    /// <param name="reason">Why; only of a watch that begins it is repeated, as a new connection asks for all.</param>
    public WatchCall(StoreView view, int partition, string rest, WatchReason reason) =>
        (this.view, Partition, this.rest, this.reason) = (view, partition, rest, reason);

    public override bool IsRepeatable => reason == WatchReason.Begun;

    public override void Write(RespWriter writer, ServerProfile server)
    {
        writer.Command(2);
        writer.Bulk("EXISTS"u8);
        view.Keys.Write(writer, Partition, rest);
    }

    public override ReplyVerdict Read(ref RespReader reader, ServerProfile server)
    {
        var exists = reader.ReadInteger() > 0;
        view.Watches.Armed(Partition, rest, exists, reason);
        Succeed(exists);
        return ReplyVerdict.Settled;
    }

    public override void Fail(StateException fault)
    {
        // Better woken for nothing than not at all.
        if (reason != WatchReason.Begun)
        {
            view.Watches.Armed(Partition, rest, exists: false, reason);
        }

        base.Fail(fault);
    }
}
