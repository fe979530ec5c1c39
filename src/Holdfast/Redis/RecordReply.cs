using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary>
/// A record as the store tells it: null, or <c>[ttl, fields]</c>, the two of metadata among them, or <c>ttl</c> alone for one that the
/// caller said it holds (docs/wire.md, "Functions").
/// </summary>
internal readonly record struct RecordReply(
    bool Exists, long Revision, long Birth, long TimeToLive, byte[]? Packed)
{
    /// <summary>Whether the fields are left to the caller, who holds them.</summary>
    public bool IsAsHeld => Exists && Packed is null;

    public static RecordReply Read(ref RespReader reader)
    {
        var ahead = reader;
        ahead.Read();
        if (ahead.Kind == RespKind.Integer)
        {
            return new RecordReply(true, 0, 0, reader.ReadInteger(), null);
        }

        var parts = reader.ReadCount();
        if (parts < 0)
        {
            return default;
        }

        if (parts < 2)
        {
            throw new RespFormatException($"A record has 2 parts, not {parts}.");
        }

        var timeToLive = reader.ReadInteger();
        var reply = ReadFields(ref reader, timeToLive);
        reader.SkipElements(parts - 2);
        return reply;
    }

    /// <summary>Reads what HGETALL answers, which tells no time to live.</summary>
    public static RecordReply ReadHash(ref RespReader reader)
    {
        var ahead = reader;
        if (ahead.ReadCount(0) > 0)
        {
            return ReadFields(ref reader, timeToLive: -1);
        }

        reader = ahead;
        return default;
    }

    /// <summary>The record, if there is one.</summary>
    /// <param name="address">The record's name.</param>
    /// <param name="sentAt">When the call was sent: a time to live counts from there, so that no deadline is too late.</param>
    /// <param name="clock">The clock that told it.</param>
    public Record? ToRecord(Address address, long sentAt, TimeProvider clock) =>
        !Exists ? null : new Record(
            address,
            Revision,
            Birth,
            Packed ?? throw new RespFormatException("A record is told without its fields to who did not say that it holds them."),
            DeadlineAt(sentAt, clock));

    /// <summary>When the record expires by this process's clock; null when it never does.</summary>
    public long? DeadlineAt(long sentAt, TimeProvider clock) =>
        TimeToLive < 0 ? null : sentAt + (long)(TimeToLive / 1000.0 * clock.TimestampFrequency);

    // A hash that another program made has neither revision nor birth, and counts as of revision 0.
    private static RecordReply ReadFields(ref RespReader reader, long timeToLive)
    {
        var count = reader.ReadCount(0);
        var bytes = Measure(reader, count);
        var packed = bytes == 0 ? [] : new byte[bytes];
        var used = 0;
        var (revision, birth) = (0L, 0L);
        for (var i = 0; i + 1 < count; i += 2)
        {
            var name = reader.ReadText();
            if (!IsMetadata(name))
            {
                used += FieldWalk.WritePart(packed.AsSpan(used), name);
                used += FieldWalk.WritePart(packed.AsSpan(used), reader.ReadText());
            }
            else if (name.SequenceEqual("@rev"u8))
            {
                revision = reader.ReadInteger();
            }
            else
            {
                birth = reader.ReadInteger();
            }
        }

        return new RecordReply(true, revision, birth, timeToLive, packed);
    }

    // The bytes that the fields take packed.
    private static int Measure(RespReader ahead, int count)
    {
        var bytes = 0;
        for (var i = 0; i + 1 < count; i += 2)
        {
            var name = ahead.ReadText();
            var value = ahead.ReadText();
            if (!IsMetadata(name))
            {
                bytes += FieldWalk.PartBytes(name.Length) + FieldWalk.PartBytes(value.Length);
            }
        }

        return bytes;
    }

    private static bool IsMetadata(ReadOnlySpan<byte> name) => name.SequenceEqual("@rev"u8) || name.SequenceEqual("@born"u8);
}
