namespace Holdfast.Tests.Redis;

/// <summary>A clock that a test moves by hand, with one timer.</summary>
internal sealed class HandClock : TimeProvider
{
    private TimerCallback callback = null!;
    private object? state;
    private long now;
    private long? due;

    public bool HasTimer { get; private set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        (this.callback, this.state, HasTimer) = (callback, state, true);
        return new HandTimer(this);
    }

    public void Pass(TimeSpan time)
    {
        var end = now + time.Ticks;
        while (due is { } at && at <= end)
        {
            (now, due) = (at, null);
            callback(state);
        }

        now = end;
    }

    private sealed class HandTimer(HandClock clock) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            clock.due = dueTime == Timeout.InfiniteTimeSpan ? null : clock.now + dueTime.Ticks;
            return true;
        }

        public void Dispose() => clock.HasTimer = false;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
