using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary><c>hf1_read</c> of several records of a partition as of one moment.</summary>
internal sealed class ReadManyCall : AwaitedCall<Reading[]>
{
    private readonly StoreView view;
    private readonly IReadOnlyList<Address> addresses;

    public ReadManyCall(StoreView view, int partition, IReadOnlyList<Address> addresses) =>
        (this.view, Partition, this.addresses) = (view, partition, addresses);

    public override void Write(RespWriter writer, ServerProfile server)
    {
        ReadWire.Begin(writer, view, Partition, addresses.Count);
        foreach (var address in addresses)
        {
            view.Keys.Write(writer, Partition, address.ToString());
        }
    }

    public override ReplyVerdict Read(ref RespReader reader, ServerProfile server)
    {
        if (!ReadWire.TryReadMoment(ref reader, server, Partition, addresses.Count, out var at))
        {
            return ReplyVerdict.TermUnknown;
        }

        var readings = new Reading[addresses.Count];
        for (var i = 0; i < readings.Length; i++)
        {
            readings[i] = new Reading(ReadWire.ReadRecord(ref reader, this, view, at, addresses[i]), at);
        }

        view.Saw(this, at);
        Succeed(readings);
        return ReplyVerdict.Settled;
    }
}
