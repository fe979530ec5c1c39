namespace Holdfast.Tests.Embedded.Simulation;

/// <summary>A clock that only the simulation moves; its timers are called then, on the simulation's thread.</summary>
internal sealed class SimulatedClock : TimeProvider
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly List<Timer> timers = [];
    private long milliseconds;

    public override long TimestampFrequency => 1000;

    public override long GetTimestamp() => milliseconds;

    public override DateTimeOffset GetUtcNow() => Start.AddMilliseconds(milliseconds);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(callback, state);
        timers.Add(timer);
        return timer;
    }

    /// <summary>The timers of a process end with it.</summary>
    public void EndTimers() => timers.Clear();

    public void Advance(int byMilliseconds)
    {
        milliseconds += byMilliseconds;
        foreach (var timer in timers.ToArray())
        {
            timer.Call();
        }
    }

    private sealed class Timer(TimerCallback callback, object? state) : ITimer
    {
        private bool hasEnded;

        public void Call()
        {
            if (!hasEnded)
            {
                callback(state);
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose() => hasEnded = true;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
