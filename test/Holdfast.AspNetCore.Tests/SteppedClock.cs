namespace Holdfast.AspNetCore.Tests;

/// <summary>A clock that stands still until it is moved, and whose timers fire only then.</summary>
internal sealed class SteppedClock : TimeProvider
{
    private readonly DateTimeOffset start = System.GetUtcNow();
    private readonly Lock gate = new();
    private readonly List<SteppedTimer> timers = [];
    private long elapsedTicks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => TimeSpan.TicksPerDay + Volatile.Read(ref elapsedTicks);

    public override DateTimeOffset GetUtcNow() => start.AddTicks(Volatile.Read(ref elapsedTicks));

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SteppedTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Whether something waits for a moment between these, counted from now.</summary>
    public bool HasTimer(TimeSpan earliest, TimeSpan latest)
    {
        lock (gate)
        {
            return timers.Exists(timer => timer.Due >= elapsedTicks + earliest.Ticks && timer.Due <= elapsedTicks + latest.Ticks);
        }
    }

    /// <summary>Moves the clock, and fires what is due by then.</summary>
    public void Move(TimeSpan by)
    {
        Interlocked.Add(ref elapsedTicks, by.Ticks);
        List<SteppedTimer> due;
        lock (gate)
        {
            due = timers.FindAll(timer => timer.Due <= elapsedTicks);
            timers.RemoveAll(due.Contains);
        }

        due.ForEach(static timer => timer.Fire());
    }

    private sealed class SteppedTimer(SteppedClock clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan period;

        public long Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan newPeriod)
        {
            lock (clock.gate)
            {
                clock.timers.Remove(this);
                period = newPeriod;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = clock.elapsedTicks + dueTime.Ticks;
                    clock.timers.Add(this);
                }
            }

            return true;
        }

        public void Fire()
        {
            if (period > TimeSpan.Zero)
            {
                Change(period, period);
            }

            callback(state);
        }

        public void Dispose()
        {
            lock (clock.gate)
            {
                clock.timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
