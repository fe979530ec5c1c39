namespace Holdfast.Tests.Embedded;

/// <summary>A clock that a test sets. Timers run on the system's.</summary>
internal sealed class SetClock : TimeProvider
{
    private TimeSpan advanced;
    private TimeSpan stepped;

    /// <summary>Time passes.</summary>
    public void Advance(TimeSpan by) => advanced += by;

    /// <summary>Somebody sets the wall clock.</summary>
    public void Step(TimeSpan by) => stepped += by;

    public override long GetTimestamp() => System.GetTimestamp() + (long)(advanced.TotalSeconds * TimestampFrequency);

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + advanced + stepped;
}
