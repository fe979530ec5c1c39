namespace Holdfast.NearCaching;

/// <summary>
/// One server's pushes, as long as they come: what was fetched from it may be served while a reply to something that
/// was sent lately has come, because every push from before that has come too.
/// </summary>
internal sealed class Feed
{
    /// <summary>The feed of what nobody pushes.</summary>
    public static readonly Feed None = new();

    private const long Never = long.MinValue / 2;

    private long provenAt = Never;

    /// <summary>When the last thing was sent that a reply has come to, by the clock's timestamps.</summary>
    public long ProvenAt => Volatile.Read(ref provenAt);

    /// <summary>Takes note that a reply came to what was sent then.</summary>
    public void Prove(long sentAt) => Volatile.Write(ref provenAt, sentAt);

    /// <summary>Takes note that pushes may be missed from now on.</summary>
    public void Distrust() => Volatile.Write(ref provenAt, Never);
}
