using System.Net.Sockets;
using Holdfast.Sockets;

namespace Holdfast.Gateway.Sockets;

/// <summary>
/// A connected socket, or one that is just being connected, that a <see cref="SocketLoop"/> hears. One receives and one sends at a time. What is received when nothing had come goes on on the
/// loop's thread.
/// </summary>
/// <remarks>
/// The kernel tells of each change once, so a socket keeps in mind what it was told: nothing is asked for that can't have come. Closing the socket is for whoever made it, by <see cref="Dispose"/>.
/// </remarks>
internal sealed class PolledSocket : IThreadPoolWorkItem, IDisposable
{
    private const SocketEvents EndEvents = SocketEvents.PeerEnd | SocketEvents.Error | SocketEvents.End;
    private const SocketEvents InputEvents = SocketEvents.Input | EndEvents;
    private const SocketEvents RoomEvents = SocketEvents.Room | SocketEvents.Error | SocketEvents.End;

    private static int lastTag;

    /// <summary>After which the loop may not have come yet to an end that has.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(1);

    private static readonly Action<object?> CancelReceiving = static socket => ((PolledSocket)socket!).Cancel(((PolledSocket)socket!).input);
    private static readonly Action<object?> CancelSending = static socket => ((PolledSocket)socket!).Cancel(((PolledSocket)socket!).output);

    private readonly Lock gate = new();
    private readonly SocketLoop loop;
    private readonly bool takesTurns;
    private readonly SafeSocketHandle handle;
    private readonly SocketWait input = new();
    private readonly SocketWait output = new();
    private Memory<byte> room;

    /// <summary>Whether something may have come that nobody has received.</summary>
    private bool mayHaveInput;

    /// <summary>Whether the peer sends no more, or the connection is broken: what there is to receive ends, and the kernel may not tell of it again.</summary>
    private bool hasEnded;
    private bool mayHaveRoom;
    private long heardAt;
    private Action? ended;
    private volatile bool isInterrupted;
    private volatile bool isDisposed;

    /// <summary>Has the loop hear the socket, which is the new one's own from now on.</summary>
    /// <param name="loop">Hears it.</param>
    /// <param name="socket">Connected, or about to be.</param>
    /// <param name="takesTurns">
    /// Whether who has received much, or asks from another thread, waits for its turn though something has come. Who is to see at once whether something has come does not.
    /// </param>
    /// <exception cref="IOException">The system watches no more sockets. The socket is closed.</exception>
    public PolledSocket(SocketLoop loop, Socket socket, bool takesTurns)
    {
        (this.loop, this.takesTurns, Socket, handle) = (loop, takesTurns, socket, socket.SafeHandle);
        Place = (int)handle.DangerousGetHandle();
        ProcessFiles.Take();
        try
        {
            loop.Watch(this);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public Socket Socket { get; }

    /// <summary>Whether who receives is told of an end that there is not.</summary>
    public bool IsInterrupted => isInterrupted;

    /// <summary>Tells it from whoever has had its descriptor, or will have it.</summary>
    public int Tag { get; } = Interlocked.Increment(ref lastTag);

    /// <summary>Its descriptor.</summary>
    public int Place { get; }

    /// <summary>Receives what has come, waiting for it; 0 when the peer sends no more. Into no room it waits until there is something to receive, or an end, and gives 0.</summary>
    /// <exception cref="IOException">The connection is broken or closed.</exception>
    /// <exception cref="OperationCanceledException"/>
    public ValueTask<int> ReceiveAsync(Memory<byte> room, CancellationToken cancellationToken = default)
    {
        ValueTask<int> wait;
        lock (gate)
        {
            if (isDisposed)
            {
                return ValueTask.FromException<int>(Closed());
            }

            if (isInterrupted)
            {
                return new ValueTask<int>(0);
            }

            try
            {
                if (MayReceiveNow(room.IsEmpty) && TryReceive(room) is var count and >= 0)
                {
                    return new ValueTask<int>(count);
                }
            }
            catch (IOException fault)
            {
                return ValueTask.FromException<int>(fault);
            }

            wait = input.Begin();
            this.room = room;
            if (mayHaveInput)
            {
                loop.Post(this);
            }
        }

        input.CancelledBy(CancelReceiving, this, cancellationToken);
        return wait;
    }

    /// <summary>Sends all of it.</summary>
    /// <exception cref="IOException">The connection is broken or closed.</exception>
    /// <exception cref="OperationCanceledException"/>
    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default)
    {
        try
        {
            var sent = Math.Max(TrySend(bytes.Span), 0);
            return sent == bytes.Length ? ValueTask.CompletedTask : SendRestAsync(bytes[sent..], cancellationToken);
        }
        catch (IOException fault)
        {
            return ValueTask.FromException(fault);
        }
    }

    /// <summary>Sends as much of these pieces, one after the other, as the kernel takes at once; -1 when it takes nothing yet.</summary>
    /// <exception cref="IOException">The connection is broken or closed.</exception>
    public int Send(ReadOnlySpan<ReadOnlyMemory<byte>> pieces)
    {
        try
        {
            return isDisposed ? throw Closed() : Epoll.Send(handle, pieces);
        }
        catch (ObjectDisposedException)
        {
            throw Closed();
        }
    }

    /// <summary>Returns once the socket is connected, or can't be.</summary>
    /// <exception cref="SocketException">It can't be.</exception>
    /// <exception cref="OperationCanceledException"/>
    public async ValueTask FinishConnectingAsync(CancellationToken cancellationToken)
    {
        await WaitForRoomAsync(cancellationToken);
        if (Socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is int error and not 0)
        {
            throw new SocketException(error);
        }
    }

    /// <summary>
    /// If somebody waits for input into no room, and nothing has come, tells them that the peer sends no more, until <see cref="Resume"/>. Returns whether it did; what comes meanwhile is kept.
    /// </summary>
    /// <param name="may">Asked when that is so, and while it can't change.</param>
    public bool TryInterrupt(Func<bool> may)
    {
        lock (gate)
        {
            if (mayHaveInput || isDisposed || !room.IsEmpty || !input.IsAwaited || !may())
            {
                return false;
            }

            input.TryTake();
            isInterrupted = true;
        }

        input.End(0);
        return true;
    }

    /// <summary>Has the socket receive again after <see cref="TryInterrupt"/>.</summary>
    public void Resume() => isInterrupted = false;

    /// <summary>Calls back, once, when the peer sends no more or the connection is broken; at once if that is so. Instead of who was to be called before.</summary>
    public void WhenEnded(Action? call)
    {
        lock (gate)
        {
            if (!hasEnded || call is null)
            {
                ended = call;
                return;
            }
        }

        call();
    }

    /// <summary>Its turn has come again: others had theirs.</summary>
    public void Execute() => Hear(SocketEvents.Input);

    /// <summary>What has happened to the socket. Called by the loop's thread.</summary>
    public void Hear(SocketEvents events)
    {
        var hasRoom = false;
        var count = -1;
        IOException? fault = null;
        Action? tell = null;
        lock (gate)
        {
            if ((events & RoomEvents) != 0)
            {
                mayHaveRoom = true;
                hasRoom = output.TryTake();
            }

            if ((events & EndEvents) != 0)
            {
                hasEnded = true;
                (tell, ended) = (ended, null);
            }

            if ((events & InputEvents) != 0)
            {
                mayHaveInput = true;
                heardAt = loop.Now;
                count = ReceiveForWaiter(out fault);
            }
        }

        if (hasRoom)
        {
            output.End(0);
        }

        if (fault is not null)
        {
            input.End(fault);
        }
        else if (count >= 0)
        {
            input.End(count);
        }

        tell?.Invoke();
    }

    /// <summary>Closes the socket. Who waits for it is told so.</summary>
    public void Dispose()
    {
        bool received, sent;
        lock (gate)
        {
            if (isDisposed)
            {
                return;
            }

            isDisposed = true;
            (received, sent) = (input.TryTake(), output.TryTake());
            loop.Forget(this);
        }

        Socket.Dispose();
        ProcessFiles.Give();
        if (received)
        {
            input.EndElsewhere(Closed());
        }

        if (sent)
        {
            output.EndElsewhere(Closed());
        }
    }

    private static IOException Closed() => new("The connection is closed.", new SocketException((int)SocketError.OperationAborted));

    /// <summary>
    /// Whether it is worth to look for input: it is known that there may be some, or the socket was silent for a while, and an end that the loop has not come to yet should be noticed before anything is
    /// sent. But who has had many turns waits until others had one.
    /// </summary>
    private bool MayReceiveNow(bool onlyWaits) => mayHaveInput ? !takesTurns || loop.HasTurn() : !onlyWaits && loop.Since(heardAt) > Silence;

    /// <summary>Receives for who waits for input, and ends the wait with what is to be told then; -1 if nobody does or nothing has come.</summary>
    private int ReceiveForWaiter(out IOException? fault)
    {
        fault = null;
        if (!input.IsAwaited)
        {
            return -1;
        }

        var count = -1;
        try
        {
            count = TryReceive(room);
        }
        catch (IOException broken)
        {
            fault = broken;
        }

        if (count >= 0 || fault is not null)
        {
            input.TryTake();
        }

        return count;
    }

    private int TryReceive(Memory<byte> into) => into.IsEmpty ? 0 : Take(into.Span);

    private int Take(Span<byte> into)
    {
        // Before it is looked: what is told from now on is not missed.
        mayHaveInput = false;
        int count;
        try
        {
            count = Epoll.Receive(handle, into);
        }
        catch
        {
            mayHaveInput = true;
            throw;
        }

        // Less than there was room for is all that there was, unless it is the end.
        mayHaveInput = count == 0 || count == into.Length || (hasEnded && count > 0);
        return count;
    }

    private int TrySend(ReadOnlySpan<byte> bytes)
    {
        if (isDisposed)
        {
            throw Closed();
        }

        try
        {
            return Epoll.Send(handle, bytes);
        }
        catch (ObjectDisposedException)
        {
            throw Closed();
        }
    }

    private async ValueTask SendRestAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Before it is tried: room that is told of from now on is not missed.
            lock (gate)
            {
                mayHaveRoom = false;
            }

            var sent = TrySend(bytes.Span);
            if (sent == bytes.Length)
            {
                return;
            }

            if (sent > 0)
            {
                bytes = bytes[sent..];
            }
            else
            {
                await WaitForRoomAsync(cancellationToken);
            }
        }
    }

    private ValueTask<int> WaitForRoomAsync(CancellationToken cancellationToken)
    {
        ValueTask<int> wait;
        lock (gate)
        {
            if (isDisposed)
            {
                return ValueTask.FromException<int>(Closed());
            }

            if (mayHaveRoom)
            {
                return new ValueTask<int>(0);
            }

            wait = output.Begin();
        }

        output.CancelledBy(CancelSending, this, cancellationToken);
        return wait;
    }

    private void Cancel(SocketWait wait)
    {
        lock (gate)
        {
            if (!wait.TryTake())
            {
                return;
            }
        }

        wait.EndElsewhere(new OperationCanceledException());
    }
}
