namespace Holdfast.Redis;

/// <summary>A call that somebody awaits.</summary>
internal abstract class AwaitedCall<T> : StoreCall
{
    private readonly TaskCompletionSource<T> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Completion => completion.Task;

    public override bool IsSettled => completion.Task.IsCompleted;

    public override void Fail(StateException fault) => Tell(fault);

    public override void Tell(StateException fault)
    {
        if (completion.TrySetException(fault))
        {
            // The caller may have gone: then nobody else looks at the fault.
            _ = completion.Task.Exception;
        }
    }

    protected void Succeed(T result) => completion.TrySetResult(result);
}
