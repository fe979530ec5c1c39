namespace Holdfast.Gateway.Tests.Overload.Simulation;

/// <summary>A clock that jumps from one event to the next, on the thread that runs it: a minute of load takes as long as its events do.</summary>
internal sealed class SimulatedTime : TimeProvider
{
    private readonly PriorityQueue<Action, (long At, int Order)> events = new();
    private long now;
    private int order;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Seconds since the beginning.</summary>
    public double Seconds => (double)now / TimeSpan.TicksPerSecond;

    // No timestamp is zero, which a default would be.
    public override long GetTimestamp() => TimeSpan.TicksPerDay + now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimulatedTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Has something happen after so many seconds.</summary>
    public void After(double seconds, Action act) =>
        events.Enqueue(act, (now + Math.Max(1, (long)(seconds * TimeSpan.TicksPerSecond)), order++));

    /// <summary>Runs until nothing more happens before that second. After each event, <paramref name="afterEach"/> is called.</summary>
    public void RunUntil(double seconds, Action afterEach)
    {
        var end = (long)(seconds * TimeSpan.TicksPerSecond);
        while (events.TryPeek(out var act, out var place) && place.At <= end)
        {
            events.Dequeue();
            now = place.At;
            act();
            afterEach();
        }

        now = end;
    }

    private sealed class SimulatedTimer(SimulatedTime time, TimerCallback callback, object? state) : ITimer
    {
        private int turn;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            turn++;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                Arm(turn, dueTime, period);
            }

            return true;
        }

        public void Dispose() => turn++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Arm(int armed, TimeSpan dueTime, TimeSpan period) => time.After(dueTime.TotalSeconds, () =>
        {
            if (turn != armed)
            {
                return;
            }

            if (period > TimeSpan.Zero)
            {
                Arm(armed, period, period);
            }

            callback(state);
        });
    }
}
