namespace Holdfast.Gateway.Balancing;

/// <summary>Requests of the last ten to twenty seconds, and how many of them failed: two spans of ten are counted, the running one and the one before.</summary>
/// <remarks>Not synchronised: the owner's lock guards it.</remarks>
internal sealed class RecentRequests(TimeProvider clock)
{
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(10);
    private (int Requests, int Failures) running;
    private (int Requests, int Failures) before;
    private long began = clock.GetTimestamp();

    public (int Requests, int Failures) Count
    {
        get
        {
            Turn();
            return (running.Requests + before.Requests, running.Failures + before.Failures);
        }
    }

    public void Add(bool isFailure)
    {
        Turn();
        running = (running.Requests + 1, running.Failures + (isFailure ? 1 : 0));
    }

    /// <summary>Forgets what was counted.</summary>
    public void Clear() => (running, before) = ((0, 0), (0, 0));

    private void Turn()
    {
        var elapsed = clock.GetElapsedTime(began);
        if (elapsed < Span)
        {
            return;
        }

        before = elapsed < Span * 2 ? running : (0, 0);
        running = (0, 0);
        began = clock.GetTimestamp();
    }
}
