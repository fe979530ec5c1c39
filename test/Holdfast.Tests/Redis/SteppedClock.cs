namespace Holdfast.Tests.Redis;

/// <summary>Timestamps that stand still until they are moved; timers run as ever.</summary>
internal sealed class SteppedClock : TimeProvider
{
    private long now = System.GetTimestamp();

    public override long GetTimestamp() => Interlocked.Read(ref now);

    public void Move(TimeSpan time) => Interlocked.Add(ref now, (long)(time.TotalSeconds * TimestampFrequency));
}
