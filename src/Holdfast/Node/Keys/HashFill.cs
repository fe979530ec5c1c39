namespace Holdfast.Node;

/// <summary>HSET, HMSET and HSETNX.</summary>
internal sealed class HashFill(PlainKey key, List<KeyValuePair<string, ReadOnlyMemory<byte>>> fields) : KeyWrite(key)
{
    private int added;

    public bool OnlyIfAbsent { get; set; }

    /// <summary>Whether it answers OK, as HMSET does, instead of how many fields are new.</summary>
    public bool TellsOk { get; set; }

    protected override RecordChange? Change(Record? newest)
    {
        if (!IsHashOrAbsent(newest) || (OnlyIfAbsent && newest?[fields[0].Key] is not null))
        {
            return null;
        }

        var change = Update();
        var names = new HashSet<string>(fields.Count, StringComparer.Ordinal);
        foreach (var (name, value) in fields)
        {
            added += names.Add(name) && newest?[name] is null ? 1 : 0;
            change.Set(name, value);
        }

        return change;
    }

    protected override void Reply(ReplyBuffer reply)
    {
        if (TellsOk)
        {
            reply.Ok();
        }
        else
        {
            reply.Integer(added);
        }
    }
}
