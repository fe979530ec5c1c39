namespace Holdfast;

/// <summary>
/// Tells that a record, or a partition's head, has changed since the last wait. Changes are coalesced, and a read as
/// <see cref="Freshness.Latest"/> made after a wait sees what ended it. It may end for nothing, and does so when the
/// connection to the store was lost: then changes may have been missed, so read again.
/// </summary>
/// <remarks>One wait at a time. An expiry ends a wait once the store has reaped the record: within 2 s.</remarks>
public sealed class Watch : IAsyncDisposable
{
    private readonly Func<Watch, ValueTask> stop;
    private readonly Lock gate = new();
    private TaskCompletionSource? waiting;
    private bool changed;
    private bool disposed;

    /// <summary>Makes a watch; engines do this.</summary>
    /// <param name="stop">What disposing does; called once.</param>
    public Watch(Func<Watch, ValueTask> stop) => this.stop = stop;

    /// <summary>Returns once the target has changed since the last wait, or since the watch began.</summary>
    /// <exception cref="ObjectDisposedException">The watch, or its engine, was disposed.</exception>
    public async ValueTask WaitAsync(CancellationToken cancellationToken = default)
    {
        TaskCompletionSource wait;
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (changed)
            {
                changed = false;
                waiting = null;
                return;
            }

            wait = waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        await wait.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        lock (gate)
        {
            changed = false;
            waiting = null;
            ObjectDisposedException.ThrowIf(disposed, this);
        }
    }

    /// <summary>Tells that the target has, or may have, changed; engines do this.</summary>
    public void Pulse()
    {
        lock (gate)
        {
            changed = true;
            waiting?.TrySetResult();
        }
    }

    /// <summary>Ends the watch, and a wait on it.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (gate)
        {
            if (disposed)
            {
                return;
            }

            disposed = true;
            waiting?.TrySetResult();
        }

        await stop(this).ConfigureAwait(false);
    }
}
