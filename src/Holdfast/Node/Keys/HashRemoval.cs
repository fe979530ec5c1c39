namespace Holdfast.Node;

/// <summary>HDEL. A hash without fields does not exist.</summary>
internal sealed class HashRemoval(PlainKey key, HashSet<string> fields) : KeyWrite(key)
{
    private int removed;

    protected override RecordChange? Change(Record? newest)
    {
        if (!IsHashOrAbsent(newest) || newest is null)
        {
            return null;
        }

        var change = Update();
        foreach (var field in fields)
        {
            if (newest[field] is not null)
            {
                change.Remove(field);
                removed++;
            }
        }

        var left = newest.Fields.Keys.Count(static field => !PlainRecord.IsOwn(field)) - removed;
        return removed == 0 ? null : left == 0 ? Delete() : change;
    }

    protected override void Reply(ReplyBuffer reply) => reply.Integer(removed);
}
