namespace Holdfast.AspNetCore.Tests;

/// <summary>A clock that stands still until it is moved, from the moment it was made.</summary>
internal sealed class TestClock : TimeProvider
{
    private readonly DateTimeOffset start = System.GetUtcNow();
    private long elapsedTicks;
    private long setBackTicks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => TimeSpan.TicksPerDay + Volatile.Read(ref elapsedTicks);

    public override DateTimeOffset GetUtcNow() => start.AddTicks(Volatile.Read(ref elapsedTicks) - Volatile.Read(ref setBackTicks));

    public void Move(TimeSpan by) => Interlocked.Add(ref elapsedTicks, by.Ticks);

    /// <summary>Sets the time of day back; no time passes by that.</summary>
    public void SetBack(TimeSpan by) => Interlocked.Add(ref setBackTicks, by.Ticks);
}
