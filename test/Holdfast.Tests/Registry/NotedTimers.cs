namespace Holdfast.Tests.Registry;

/// <summary>A clock that notes for how long it is asked to wait, and waits no time at all.</summary>
internal sealed class NotedTimers : TimeProvider
{
    public List<TimeSpan> Waits { get; } = [];

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Waits.Add(dueTime);
        return base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
