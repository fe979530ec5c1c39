namespace Holdfast.Node;

/// <summary>GETDEL and GETEX: tells a string, and removes it or moves its expiry.</summary>
internal sealed class StringTake(PlainKey key) : KeyWrite(key)
{
    private ReadOnlyMemory<byte>? value;

    public bool Removes { get; set; }

    public bool Persists { get; set; }

    /// <summary>Reads when the string expires, if the command tells it: only once the string is found.</summary>
    public Func<(long Left, string? Error)>? ReadLeft { get; set; }

    public override Durability? Durability => Removes ? null : Holdfast.Durability.Written;

    protected override RecordChange? Change(Record? newest)
    {
        if (!TryString(newest, out value) || value is null)
        {
            return null;
        }

        if (Removes)
        {
            return Delete();
        }

        if (ReadLeft?.Invoke() is { } read)
        {
            Refusal = read.Error;
            return read.Error is null ? Expire(RecordChange.Keep(Address), read.Left) : null;
        }

        return Persists ? RecordChange.Keep(Address).NeverExpire() : null;
    }

    protected override void Reply(ReplyBuffer reply) => reply.BulkOrNull(value);
}
