using System.Threading.Tasks.Sources;

namespace Holdfast.Gateway.Sockets;

/// <summary>Waits for one thing to happen to a socket, again and again: the wait is awaited without anything of its own. Guarded by the socket's gate but for <see cref="End(int)"/>.</summary>
internal sealed class SocketWait : IValueTaskSource<int>
{
    private ManualResetValueTaskSourceCore<int> source;
    private CancellationTokenRegistration cancelling;

    /// <summary>Whether somebody waits.</summary>
    public bool IsAwaited { get; private set; }

    /// <summary>What is to be awaited from now on. Ended by <see cref="TryTake"/> and then <see cref="End(int)"/>, or by a fault.</summary>
    public ValueTask<int> Begin()
    {
        if (IsAwaited)
        {
            throw new InvalidOperationException("A socket is awaited by one at a time.");
        }

        IsAwaited = true;
        source.Reset();
        return new ValueTask<int>(this, source.Version);
    }

    /// <summary>Has the token end the wait. Called without the gate, as a token may be cancelled already.</summary>
    public void CancelledBy(Action<object?> cancel, PolledSocket socket, CancellationToken token)
    {
        if (token.CanBeCanceled)
        {
            cancelling = token.UnsafeRegister(cancel, socket);
        }
    }

    /// <summary>Whether somebody waited, whose wait is the caller's to end now.</summary>
    public bool TryTake()
    {
        var wasAwaited = IsAwaited;
        IsAwaited = false;
        return wasAwaited;
    }

    /// <summary>Goes on with who waited, here and now.</summary>
    public void End(int result)
    {
        source.RunContinuationsAsynchronously = false;
        source.SetResult(result);
    }

    /// <summary>The same with what went wrong.</summary>
    public void End(Exception fault)
    {
        source.RunContinuationsAsynchronously = false;
        source.SetException(fault);
    }

    /// <summary>Has who waited go on elsewhere: this thread is not done with what has ended the wait.</summary>
    public void EndElsewhere(Exception fault)
    {
        source.RunContinuationsAsynchronously = true;
        source.SetException(fault);
    }

    public int GetResult(short token)
    {
        cancelling.Dispose();
        cancelling = default;
        return source.GetResult(token);
    }

    public ValueTaskSourceStatus GetStatus(short token) => source.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        source.OnCompleted(continuation, state, token, flags);
}
