using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary>
/// A record as the store tells it: null, or <c>[revision, birth, ttl, fields]</c> (docs/wire.md, "Functions").
/// </summary>
internal readonly record struct RecordReply(
    bool Exists, long Revision, long Birth, long TimeToLive, IReadOnlyDictionary<string, ReadOnlyMemory<byte>>? Fields)
{
    public static RecordReply Read(ref RespReader reader)
    {
        var parts = reader.ReadCount();
        if (parts < 0)
        {
            return default;
        }

        if (parts < 4)
        {
            throw new RespFormatException($"A record has 4 parts, not {parts}.");
        }

        var revision = reader.ReadInteger();
        var birth = reader.ReadInteger();
        var timeToLive = reader.ReadInteger();
        var reply = new RecordReply(true, revision, birth, timeToLive, ReadFields(ref reader));
        reader.SkipElements(parts - 4);
        return reply;
    }

    /// <summary>The record, if the reply tells its fields.</summary>
    /// <param name="address">The record's name.</param>
    /// <param name="sentAt">When the call was sent: a time to live counts from there, so that no deadline is too late.</param>
    /// <param name="clock">The clock that told it.</param>
    public Record? ToRecord(Address address, long sentAt, TimeProvider clock) =>
        Exists && Fields is not null ? new Record(address, Revision, Birth, Fields, DeadlineAt(sentAt, clock)) : null;

    /// <summary>When the record expires by this process's clock; null when it never does.</summary>
    public long? DeadlineAt(long sentAt, TimeProvider clock) =>
        TimeToLive < 0 ? null : sentAt + (long)(TimeToLive / 1000.0 * clock.TimestampFrequency);

    private static IReadOnlyDictionary<string, ReadOnlyMemory<byte>>? ReadFields(ref RespReader reader)
    {
        var count = reader.ReadCount();
        if (count < 0)
        {
            return null;
        }

        if (count == 0)
        {
            return Record.NoFields;
        }

        var packed = new byte[PackedBytes(reader, count)];
        var used = 0;
        for (var i = 0; i + 1 < count; i += 2)
        {
            used += FieldWalk.WritePart(packed.AsSpan(used), reader.ReadText());
            used += FieldWalk.WritePart(packed.AsSpan(used), reader.ReadText());
        }

        return new PackedFields(packed, count / 2);
    }

    private static int PackedBytes(RespReader ahead, int count)
    {
        var bytes = 0;
        for (var i = 0; i < count; i++)
        {
            bytes += FieldWalk.PartBytes(ahead.ReadText().Length);
        }

        return bytes;
    }
}
