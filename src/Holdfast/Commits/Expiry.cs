namespace Holdfast;

/// <summary>What a commit does to a record's expiry. The default leaves it as it is.</summary>
public readonly record struct Expiry
{
    private Expiry(long milliseconds) => Milliseconds = milliseconds;

    /// <summary>Leave the expiry as it is; a new record never expires.</summary>
    public static Expiry Unchanged => default;

    /// <summary>Never expire.</summary>
    public static Expiry Never => new(-1);

    /// <summary>Whether the expiry stays as it is.</summary>
    public bool IsUnchanged => Milliseconds == 0;

    /// <summary>Whether the record shall never expire.</summary>
    public bool IsNever => Milliseconds == -1;

    /// <summary>The time to live in milliseconds, when one is given.</summary>
    internal long Milliseconds { get; }

    /// <summary>Expire this long after the commit.</summary>
    public static Expiry After(TimeSpan timeToLive)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeToLive, StateLimits.MinTimeToLive);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(timeToLive, StateLimits.MaxTimeToLive);
        return new((long)timeToLive.TotalMilliseconds);
    }
}
