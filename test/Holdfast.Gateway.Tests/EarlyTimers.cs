namespace Holdfast.Gateway.Tests;

/// <summary>A clock whose timers are early by half: the system's are by milliseconds, now and then.</summary>
internal sealed class EarlyTimers(TimeProvider clock) : TimeProvider
{
    public override long TimestampFrequency => clock.TimestampFrequency;

    public override long GetTimestamp() => clock.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        clock.CreateTimer(callback, state, dueTime / 2, period);
}
