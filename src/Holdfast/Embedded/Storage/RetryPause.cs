namespace Holdfast.Embedded;

/// <summary>How long to leave alone what failed: 1 s, and twice as long after each further failure, up to 60 s.</summary>
internal sealed class RetryPause(StoreClock clock)
{
    private const long ShortestMilliseconds = 1_000;
    private const long LongestMilliseconds = 60_000;

    private long milliseconds;
    private long until = long.MinValue;

    /// <summary>Whether the last attempt failed.</summary>
    public bool FollowsFailure => Interlocked.Read(ref milliseconds) > 0;

    public bool IsOver => clock.Timestamp >= Interlocked.Read(ref until);

    /// <summary>Takes note of a failure.</summary>
    public void Lengthen()
    {
        Interlocked.Exchange(ref milliseconds, Math.Clamp(2 * milliseconds, ShortestMilliseconds, LongestMilliseconds));
        Interlocked.Exchange(ref until, clock.After(clock.Timestamp, milliseconds));
    }

    /// <summary>Takes note of a success.</summary>
    public void End()
    {
        Interlocked.Exchange(ref milliseconds, 0);
        Interlocked.Exchange(ref until, long.MinValue);
    }
}
