namespace Holdfast;

/// <summary>
/// How new a read's answer must be. The default is <see cref="Latest"/>: linearizable, a round trip on every engine
/// that is not in this process. The others may be answered by the near cache.
/// </summary>
public readonly record struct Freshness
{
    private readonly Form form;

    private Freshness(Form form, Stamp stamp) => (this.form, Stamp) = (form, stamp);

    private enum Form : byte
    {
        Latest,
        AtLeast,
        Pushed,
    }

    /// <summary>Ask the store: the answer includes every commit that was acknowledged before the read began.</summary>
    public static Freshness Latest => default;

    /// <summary>
    /// Whatever the near cache holds: no older than the push of a change takes, and never older than the near cache's
    /// age limit (default 30 s).
    /// </summary>
    public static Freshness Pushed => new(Form.Pushed, default);

    /// <summary>Whether the store must be asked.</summary>
    public bool IsLatest => form == Form.Latest;

    /// <summary>The stamp that the answer must include, if one was given.</summary>
    public Stamp? Minimum => form == Form.AtLeast ? Stamp : null;

    private Stamp Stamp { get; }

    /// <summary>
    /// At least as new as the stamp, if it is of the record's partition; a stamp of another partition asks for
    /// nothing more than <see cref="Pushed"/>. Gives read-your-writes and monotonic reads to who carries its stamps.
    /// </summary>
    public static Freshness AtLeast(Stamp stamp) => new(Form.AtLeast, stamp);
}
