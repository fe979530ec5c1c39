using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary>How <c>hf1_read</c> and its reply stand on the wire (docs/wire.md).</summary>
internal static class ReadWire
{
    /// <summary>Writes the call up to the records' keys.</summary>
    public static void Begin(RespWriter writer, StoreView view, int partition, int records)
    {
        writer.Command(4 + records);
        writer.Bulk("FCALL_RO"u8);
        writer.Bulk("hf1_read"u8);
        writer.Bulk(1 + records);
        view.Keys.Write(writer, partition, StoreKeys.Head);
    }

    /// <summary>Reads the reply up to its records; false when the partition's term is of another tenure.</summary>
    public static bool TryReadMoment(ref RespReader reader, ServerProfile server, int partition, int records, out Stamp at)
    {
        at = default;
        reader.ReadCount(3 + records);
        if (!server.IsTenure(reader.ReadText()))
        {
            return false;
        }

        at = new Stamp(partition, reader.ReadInteger(), reader.ReadInteger());
        return true;
    }

    /// <summary>Reads the next record, and tells the view of it.</summary>
    public static Record? ReadRecord(ref RespReader reader, StoreCall call, StoreView view, Stamp at, Address address)
    {
        var record = RecordReply.Read(ref reader).ToRecord(address, call.SentAt, view.Clock);
        view.Told(call, at, address, record);
        return record;
    }
}
