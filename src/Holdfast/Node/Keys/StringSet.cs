using Holdfast.Embedded;

namespace Holdfast.Node;

/// <summary>SET and the commands that are short for it.</summary>
internal sealed class StringSet(PlainKey key, ReadOnlyMemory<byte> value) : KeyWrite(key)
{
    private ReadOnlyMemory<byte>? old;
    private bool isSet;

    /// <summary>How success is told.</summary>
    public enum Telling
    {
        /// <summary>OK, or null.</summary>
        Ok,

        /// <summary>1 or 0.</summary>
        Count,

        /// <summary>The string that it replaced, if any.</summary>
        Old,
    }

    public Telling Tells { get; set; }

    public bool OnlyIfAbsent { get; set; }

    public bool OnlyIfThere { get; set; }

    public bool KeepsExpiry { get; set; }

    /// <summary>Milliseconds until it expires; null for never.</summary>
    public long? Left { get; set; }

    public override int Bytes => base.Bytes + value.Length;

    protected override RecordChange? Change(Record? newest)
    {
        if (Tells == Telling.Old && !TryString(newest, out old))
        {
            return null;
        }

        if ((OnlyIfAbsent && newest is not null) || (OnlyIfThere && newest is null))
        {
            return null;
        }

        var change = Update();
        foreach (var field in newest?.Fields.Keys ?? [])
        {
            if (!PlainRecord.IsOwn(field))
            {
                change.Remove(field);
            }
        }

        return Set(change);
    }

    protected override bool TryChange(in RecordView newest, out FieldReplacement field)
    {
        field = default;
        if (Tells == Telling.Old || value.Length > FieldReplacement.MaxValueBytes || Left is <= 0 || (newest.IsAbsent ? OnlyIfThere : OnlyIfAbsent)
            || !(newest.IsAbsent || (newest.FieldCount == 1 && newest.TryField(PlainRecord.ValueFieldName, out _))))
        {
            return false;
        }

        isSet = true;
        field = new FieldReplacement(PlainRecord.ValueFieldName, value.Span, ExpiryOf(Left, KeepsExpiry));
        return true;
    }

    /// <summary>The expiry that a string gets.</summary>
    /// <param name="left">Milliseconds until it expires; null for never.</param>
    /// <param name="keepsExpiry">Whether it keeps the one that it has.</param>
    public static Expiry ExpiryOf(long? left, bool keepsExpiry) =>
        left is { } milliseconds ? Expiry.After(TimeSpan.FromMilliseconds(milliseconds)) : keepsExpiry ? default : Expiry.Never;

    private RecordChange Set(RecordChange change)
    {
        isSet = true;
        change.Set(PlainRecord.ValueField, value);
        return Left is { } left ? Expire(change, left)
            : KeepsExpiry ? change
            : change.NeverExpire();
    }

    protected override void Reply(ReplyBuffer reply)
    {
        switch (Tells)
        {
            case Telling.Count:
                reply.Integer(isSet ? 1 : 0);
                break;
            case Telling.Old:
                reply.BulkOrNull(old);
                break;
            case Telling.Ok when isSet:
                reply.Ok();
                break;
            default:
                reply.Null();
                break;
        }
    }
}
