namespace Holdfast.Node;

/// <summary>Writes a record reply: null, or <c>[ttl, fields]</c>, the two of metadata first, or <c>ttl</c> alone (docs/wire.md, Functions).</summary>
internal static class RecordReply
{
    public static void Write(ReplyBuffer reply, Record? record, TimeProvider clock, bool withFields = true)
    {
        if (record is null)
        {
            reply.Null();
            return;
        }

        reply.Array(2);
        reply.Integer(MillisecondsLeft(record, clock));
        reply.Array(withFields ? 4 + (record.Fields.Count * 2) : 4);
        reply.Bulk("@rev"u8);
        reply.BulkNumber(record.Revision);
        reply.Bulk("@born"u8);
        reply.BulkNumber(record.Birth);
        if (!withFields)
        {
            return;
        }

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

    /// <summary>Leaves the fields to the caller, who holds the record of before.</summary>
    public static void WriteAsHeld(ReplyBuffer reply, Record record, TimeProvider clock) => reply.Integer(MillisecondsLeft(record, clock));

    /// <summary>What PTTL tells of a record: −1 if it never expires.</summary>
    public static long MillisecondsLeft(Record record, TimeProvider clock) =>
        record.TimeToLive(clock) is { } left ? (long)left.TotalMilliseconds : -1;
}
