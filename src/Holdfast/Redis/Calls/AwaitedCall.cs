using System.Threading.Tasks.Sources;

namespace Holdfast.Redis;

/// <summary>A call that somebody awaits. It is its own promise, which spares each call a task.</summary>
internal abstract class AwaitedCall<T> : StoreCall, IValueTaskSource<T>
{
    private ManualResetValueTaskSourceCore<T> completion = new() { RunContinuationsAsynchronously = true };
    private int isSettled;

    /// <summary>Its result, or its fault. Only one may await it, and once.</summary>
    public ValueTask<T> Completion => new(this, completion.Version);

    /// <summary>Which use of the call it is, for one that is used again.</summary>
    protected short Version => completion.Version;

    public override bool IsSettled => Volatile.Read(ref isSettled) != 0;

    /// <summary>Whether it may be left out because who awaits it has gone.</summary>
    protected virtual bool CanBeDropped => true;

    public override void Fail(StateException fault) => Tell(fault);

    public override void Tell(StateException fault)
    {
        if (TrySettle())
        {
            completion.SetException(fault);
        }
    }

    /// <summary>Gives who awaits it their own cancellation. It is not sent any more; one that is under way, or can't be dropped, goes on.</summary>
    public void Cancel(CancellationToken cancellationToken)
    {
        var isGivenUp = CanBeDropped && TryGiveUp();
        if (TrySettle())
        {
            completion.SetException(new OperationCanceledException(cancellationToken));
        }

        if (isGivenUp)
        {
            Fail(new StateUnavailableException("The caller has gone."));
        }
    }

    /// <summary>Who awaited it has its result, and neither its deadline nor a cancellation will come by any more.</summary>
    public void EndWait() => LetGo();

    T IValueTaskSource<T>.GetResult(short token) => Take(token);

    ValueTaskSourceStatus IValueTaskSource<T>.GetStatus(short token) => completion.GetStatus(token);

    void IValueTaskSource<T>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        completion.OnCompleted(continuation, state, token, flags);

    /// <summary>Gives who awaits it the result, or throws the fault.</summary>
    /// <exception cref="InvalidOperationException">It has not ended, or is another call by now.</exception>
    protected virtual T Take(short token) => completion.GetResult(token);

    /// <summary>Whether it has ended.</summary>
    /// <exception cref="InvalidOperationException">It is another call by now.</exception>
    protected bool HasEnded(short token) => completion.GetStatus(token) != ValueTaskSourceStatus.Pending;

    /// <inheritdoc/>
    protected override void Renew()
    {
        base.Renew();
        completion.Reset();
        Volatile.Write(ref isSettled, 0);
    }

    protected void Succeed(T result)
    {
        if (TrySettle())
        {
            completion.SetResult(result);
        }
    }

    // Both ends may come at once: a reply, and the deadline.
    private bool TrySettle() => Interlocked.Exchange(ref isSettled, 1) == 0;
}
