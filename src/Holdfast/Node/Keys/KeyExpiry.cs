namespace Holdfast.Node;

/// <summary>
/// EXPIRE and its kin, and PERSIST. Acknowledged once it is written: what a loss of power may take back is when the
/// key expires, and no data.
/// </summary>
internal sealed class KeyExpiry(PlainKey key, TimeProvider clock) : KeyWrite(key)
{
    private bool isMoved;

    /// <summary>Milliseconds until the key expires; null for never.</summary>
    public required long? Left { get; init; }

    public bool OnlyIfNone { get; set; }

    public bool OnlyIfAny { get; set; }

    public bool OnlyIfLater { get; set; }

    public bool OnlyIfSooner { get; set; }

    public override Durability? Durability => Left <= 0 ? null : Holdfast.Durability.Written;

    protected override RecordChange? Change(Record? newest)
    {
        if (newest is null || !Allows(newest))
        {
            return null;
        }

        isMoved = true;
        var keep = RecordChange.Keep(Address);
        return Left is { } left ? Expire(keep, left) : keep.NeverExpire();
    }

    protected override void Reply(ReplyBuffer reply) => reply.Integer(isMoved ? 1 : 0);

    private bool Allows(Record newest)
    {
        long? current = newest.Deadline is null ? null : RecordReply.MillisecondsLeft(newest, clock);
        return Left is null
            ? current is not null
            : !(OnlyIfNone && current is not null)
                && !(OnlyIfAny && current is null)
                && !(OnlyIfLater && (current is null || Left <= current))
                && !(OnlyIfSooner && current is not null && Left >= current);
    }
}
