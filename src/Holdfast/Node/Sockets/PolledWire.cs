using System.Net.Sockets;
using System.Threading.Tasks.Sources;
using Holdfast.Sockets;

namespace Holdfast.Node;

/// <summary>A client's socket that a <see cref="PollLoop"/> serves: what comes is received by the loop's thread, which goes on with it at once.</summary>
/// <remarks>The socket is closed when the wire is disposed of and not before: until then nobody else's has its descriptor.</remarks>
internal sealed class PolledWire(PollLoop loop, Socket socket) : ClientWire, IValueTaskSource<int>
{
    /// <summary>Nobody receives, and nothing is known to have come.</summary>
    private const int Idle = 0;

    /// <summary>Nobody receives, and something may have come.</summary>
    private const int Ready = 1;

    /// <summary>Somebody receives, and nothing has come yet.</summary>
    private const int Waiting = 2;

    private readonly SafeSocketHandle handle = socket.SafeHandle;
    private readonly int place = (int)socket.Handle;
    private ManualResetValueTaskSourceCore<int> received;
    private Memory<byte> room;
    private int state;
    private bool hasEnded;
    private bool hasRoom;
    private volatile bool isCut;
    private TaskCompletionSource? waitsForRoom;
    private int isDisposed;

    public override bool IsInRound => loop.IsCurrent;

    /// <summary>Whether the loop looks at it in its next round, and not before: others have their turn first. Of the loop's thread.</summary>
    public bool IsListed { get; set; }

    public override ValueTask<int> ReceiveAsync(Memory<byte> room)
    {
        this.room = room;
        received.Reset();
        while (Interlocked.CompareExchange(ref state, Waiting, Idle) == Ready)
        {
            if (loop.IsCurrent)
            {
                // Not here and now: others have their turn first.
                Volatile.Write(ref state, Waiting);
                loop.LookAgain(this);
                break;
            }

            // Before it is looked: an edge from now on is not missed.
            Volatile.Write(ref state, Idle);
            var count = Receive();
            if (MayHaveMore(count))
            {
                Volatile.Write(ref state, Ready);
            }

            if (count >= 0)
            {
                return new ValueTask<int>(count);
            }
        }

        return new ValueTask<int>(this, received.Version);
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            var sent = Math.Max(0, Epoll.Send(handle, bytes.Span));
            return sent == bytes.Length ? default : new ValueTask(SendRestAsync(bytes[sent..]));
        }
        catch (Exception exception)
        {
            return ValueTask.FromException(exception);
        }
    }

    public override void StopReceiving() => Shutdown(SocketShutdown.Receive);

    public override ValueTask EndSendingAsync()
    {
        socket.Shutdown(SocketShutdown.Send);
        return default;
    }

    /// <inheritdoc/>
    public override void Cut()
    {
        // What the client has sent before would still come.
        isCut = true;
        Shutdown(SocketShutdown.Both);
    }

    public override void Dispose()
    {
        if (Interlocked.Exchange(ref isDisposed, 1) == 0)
        {
            loop.Leave(place);
            socket.Dispose();
        }
    }

    /// <summary>Takes note of what has happened to the socket. Called by the loop's thread.</summary>
    public void Hear(SocketEvents events)
    {
        const SocketEvents ended = SocketEvents.PeerEnd | SocketEvents.End | SocketEvents.Error;
        if ((events & (SocketEvents.Room | ended)) != 0)
        {
            Volatile.Write(ref hasRoom, true);
            Interlocked.MemoryBarrier();
            Volatile.Read(ref waitsForRoom)?.TrySetResult();
        }

        if ((events & ended) != 0)
        {
            Volatile.Write(ref hasEnded, true);
        }

        if ((events & (SocketEvents.Input | ended)) != 0 && Interlocked.CompareExchange(ref state, Ready, Idle) == Waiting)
        {
            Look();
        }
    }

    /// <summary>Receives what has come, if somebody waits for it. Called by the loop's thread.</summary>
    public void Look()
    {
        if (IsListed || Volatile.Read(ref state) != Waiting)
        {
            return;
        }

        int count;
        try
        {
            count = Receive();
        }
        catch (Exception exception)
        {
            Volatile.Write(ref state, Ready);
            received.SetException(exception);
            return;
        }

        if (count >= 0)
        {
            Volatile.Write(ref state, MayHaveMore(count) ? Ready : Idle);
            received.SetResult(count);
        }
    }

    int IValueTaskSource<int>.GetResult(short token) => received.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => received.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        received.OnCompleted(continuation, state, token, flags);

    private int Receive() => isCut ? 0 : Epoll.Receive(handle, room.Span);

    /// <summary>
    /// Whether it may be in vain to wait for the next edge. Where less came than there was room for, the socket is empty, and an edge tells
    /// of more; but an end is told once, and may be told before what came ahead of it is taken.
    /// </summary>
    private bool MayHaveMore(int count) => count >= 0 && (count == room.Length || Volatile.Read(ref hasEnded));

    private async Task SendRestAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            Volatile.Write(ref hasRoom, false);
            Interlocked.MemoryBarrier();
            var sent = Epoll.Send(handle, bytes.Span);
            if (sent >= 0)
            {
                bytes = bytes[sent..];
                continue;
            }

            var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Interlocked.Exchange(ref waitsForRoom, waiting);
            if (!Volatile.Read(ref hasRoom))
            {
                await waiting.Task.ConfigureAwait(false);
            }
        }
    }

    private void Shutdown(SocketShutdown how)
    {
        try
        {
            socket.Shutdown(how);
        }
        catch (Exception exception) when (IsBroken(exception))
        {
            // It is closed already.
        }
    }
}
