namespace Holdfast.Node;

/// <summary>Writes a record reply: null, or <c>[revision, birth, ttl, fields]</c> (docs/wire.md, Functions).</summary>
internal static class RecordReply
{
    public static void Write(ReplyBuffer reply, Record? record, TimeProvider clock, bool withFields = true)
    {
        if (record is null)
        {
            reply.Null();
            return;
        }

        reply.Array(4);
        reply.Integer(record.Revision);
        reply.Integer(record.Birth);
        reply.Integer(MillisecondsLeft(record, clock));
        if (!withFields)
        {
            reply.Null();
            return;
        }

        reply.Array(record.Fields.Count * 2);
        if (record.Fields is PackedFields packed)
        {
            var walk = new FieldWalk(packed.Packed);
            while (walk.MoveNext())
            {
                reply.Bulk(walk.Name);
                reply.Bulk(walk.Value);
            }

            return;
        }

        foreach (var (name, value) in record.Fields)
        {
            reply.Bulk(name);
            reply.Bulk(value.Span);
        }
    }

    /// <summary>What PTTL tells of a record: −1 if it never expires.</summary>
    public static long MillisecondsLeft(Record record, TimeProvider clock) =>
        record.TimeToLive(clock) is { } left ? (long)left.TotalMilliseconds : -1;
}
