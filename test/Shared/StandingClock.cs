namespace Holdfast.TestServers;

/// <summary>Timestamps that stand still until they are moved, so that no slow machine lets anything grow old; timers run as ever.</summary>
internal sealed class StandingClock : TimeProvider
{
    private long now = System.GetTimestamp();

    public override long GetTimestamp() => Interlocked.Read(ref now);

    public void Move(TimeSpan time) => Interlocked.Add(ref now, (long)(time.TotalSeconds * TimestampFrequency));
}
