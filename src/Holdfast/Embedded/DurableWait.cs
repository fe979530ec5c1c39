namespace Holdfast.Embedded;

/// <summary>
/// The wait for commits that one write of the log makes durable, within the commit timeout: one timer for all callers that began to wait
/// at about the same time, where each would else have its own.
/// </summary>
internal sealed class DurableWait
{
    /// <summary>Who comes later than this after the first waits for another one, so that nobody waits for much less or more than the timeout.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMilliseconds(20);

    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task durable;
    private readonly long begun;
    private readonly ITimer timer;

    public DurableWait(Task durable, TimeSpan timeout, TimeProvider clock)
    {
        (this.durable, begun) = (durable, clock.GetTimestamp());
        timer = clock.CreateTimer(static wait => ((DurableWait)wait!).TimeOut(), this, timeout + Window, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Ends as what is waited for does, or with <see cref="TimeoutException"/>; goes on on the thread pool.</summary>
    public Task Task => ended.Task;

    /// <summary>Whether a caller may join who waits for this from now on.</summary>
    public bool Serves(Task other, TimeProvider clock) => other == durable && clock.GetElapsedTime(begun) < Window;

    /// <summary>What is waited for has ended; on the log's thread.</summary>
    public void End()
    {
        timer.Dispose();
        if (durable.Exception is { } fault)
        {
            ended.TrySetException(fault.InnerExceptions);
        }
        else
        {
            ended.TrySetResult();
        }
    }

    /// <summary>Nobody waits for this.</summary>
    public void Abandon() => timer.Dispose();

    private void TimeOut()
    {
        timer.Dispose();
        ended.TrySetException(new TimeoutException());
    }
}
