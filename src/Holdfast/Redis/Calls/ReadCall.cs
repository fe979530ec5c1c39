using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary><c>hf1_read</c>: records of a partition as of one moment, or the moment alone when none are named.</summary>
internal sealed class ReadCall : AwaitedCall<Reading[]>
{
    private readonly StoreView view;
    private readonly IReadOnlyList<Address> addresses;

    public ReadCall(StoreView view, int partition, IReadOnlyList<Address> addresses) =>
        (this.view, Partition, this.addresses) = (view, partition, addresses);

    /// <summary>The partition's moment, once the call has ended.</summary>
    public Stamp At { get; private set; }

    public override void Write(RespWriter writer, ServerProfile server)
    {
        writer.Command(4 + addresses.Count);
        writer.Bulk("FCALL_RO"u8);
        writer.Bulk("hf1_read"u8);
        writer.Bulk(1 + addresses.Count);
        view.Keys.Write(writer, Partition, StoreKeys.Head);
        foreach (var address in addresses)
        {
            view.Keys.Write(writer, Partition, address.ToString());
        }
    }

    public override ReplyVerdict Read(ref RespReader reader, ServerProfile server)
    {
        reader.ReadCount(3 + addresses.Count);
        if (reader.ReadString() != server.RunId)
        {
            return ReplyVerdict.TermUnknown;
        }

        At = new Stamp(Partition, reader.ReadInteger(), reader.ReadInteger());
        var readings = new Reading[addresses.Count];
        for (var i = 0; i < readings.Length; i++)
        {
            var record = RecordReply.Read(ref reader).ToRecord(addresses[i], SentAt, view.Clock);
            view.Told(this, At, addresses[i], record);
            readings[i] = new Reading(record, At);
        }

        view.Saw(this, At);
        Succeed(readings);
        return ReplyVerdict.Settled;
    }
}
