namespace Holdfast.Embedded;

/// <summary>
/// Deadlines are counted by the monotonic clock while the process runs and kept as wall time on disk, in
/// milliseconds since 1970, where no other clock would be understood after a restart.
/// </summary>
internal sealed class StoreClock(TimeProvider clock)
{
    private readonly double ticksPerMillisecond = clock.TimestampFrequency / 1000.0;

    public long Timestamp => clock.GetTimestamp();

    public long WallMilliseconds => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The timestamp this many milliseconds after another one.</summary>
    public long After(long timestamp, long milliseconds) => timestamp + (long)(milliseconds * ticksPerMillisecond);

    /// <summary>Milliseconds from one timestamp to a later one, rounded up.</summary>
    public long MillisecondsBetween(long timestamp, long later) => (long)Math.Ceiling((later - timestamp) / ticksPerMillisecond);

    /// <summary>Microseconds from one timestamp to a later one.</summary>
    public long MicrosecondsBetween(long timestamp, long later) => (long)((later - timestamp) * 1000.0 / ticksPerMillisecond);

    /// <summary>The wall time of a deadline.</summary>
    public long ToWall(long deadline) => Math.Max(0, WallMilliseconds + MillisecondsBetween(Timestamp, deadline));

    /// <summary>The wall time of a deadline, known the wall time of a timestamp.</summary>
    public long ToWall(long deadline, long timestamp, long wallMilliseconds) => Math.Max(0, wallMilliseconds + MillisecondsBetween(timestamp, deadline));

    /// <summary>The same moment by both clocks: for many wall times at once.</summary>
    public WallAnchor Anchor() => new(this, Timestamp, WallMilliseconds);

    /// <summary>The deadline of a wall time.</summary>
    public long FromWall(long wallMilliseconds) => After(Timestamp, wallMilliseconds - WallMilliseconds);
}
