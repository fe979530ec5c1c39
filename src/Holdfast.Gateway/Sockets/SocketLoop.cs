using System.Collections.Concurrent;
using Holdfast.Sockets;

namespace Holdfast.Gateway.Sockets;

/// <summary>
/// A thread that hears what happens to many sockets, clients' and instances', and goes on with it at once: a request is read, sent to an instance and answered
/// without ever going from one thread to another. So nothing that runs here may block.
/// </summary>
internal sealed class SocketLoop : IDisposable
{
    /// <summary>How often one receives what is there already until others have their turn.</summary>
    private const int TurnsAtOnce = 32;

    [ThreadStatic]
    private static SocketLoop? current;

    private readonly TimeProvider clock;
    private readonly Epoll epoll = new();
    private readonly ConcurrentQueue<IThreadPoolWorkItem> posted = new();
    private readonly Lock gate = new();
    private int isAsleep;
    private int turns;
    private long now;
    private PolledSocket?[] sockets = new PolledSocket?[64];
    private volatile bool isStopping;
    private bool isOver;

    /// <exception cref="IOException">The process may open no more files.</exception>
    public SocketLoop(TimeProvider clock)
    {
        (this.clock, now) = (clock, clock.GetTimestamp());
        new Thread(Run) { IsBackground = true, Name = "holdfast-gateway" }.Start();
    }

    /// <summary>The loop whose thread this is; null on any other.</summary>
    public static SocketLoop? Current => current;

    /// <summary>When its present round began, as a timestamp.</summary>
    public long Now => Volatile.Read(ref now);

    /// <summary>How long ago a timestamp was taken.</summary>
    public TimeSpan Since(long timestamp) => clock.GetElapsedTime(timestamp);

    /// <summary>Ends the thread: nobody hears any more of sockets that are left.</summary>
    public void Dispose()
    {
        isStopping = true;
        Wake();
    }

    /// <summary>Tells the socket from now on what happens to it, and what has happened.</summary>
    /// <exception cref="IOException">The system watches no more sockets, or the loop has ended.</exception>
    public void Watch(PolledSocket socket)
    {
        lock (gate)
        {
            if (isOver)
            {
                throw new IOException("The gateway is ending.");
            }

            if (socket.Place >= sockets.Length)
            {
                Array.Resize(ref sockets, Math.Max(socket.Place + 1, sockets.Length * 2));
            }

            sockets[socket.Place] = socket;
            epoll.Watch(socket.Socket, socket.Tag);
        }
    }

    /// <summary>Tells the socket no more. It is still open, so that nobody else's has its place.</summary>
    public void Forget(PolledSocket socket)
    {
        lock (gate)
        {
            if (socket.Place < sockets.Length && sockets[socket.Place] == socket)
            {
                sockets[socket.Place] = null;
            }
        }
    }

    /// <summary>Has the loop's thread do something once it is done with what it is at.</summary>
    public void Post(IThreadPoolWorkItem work)
    {
        posted.Enqueue(work);
        if (current != this && Interlocked.Exchange(ref isAsleep, 0) == 1)
        {
            Wake();
        }
    }

    /// <summary>
    /// Whether who goes on with what it has heard may do so at once. Not on another thread, which is to give it back to the loop; nor, after some times, here: a connection on which more and more comes
    /// would keep the loop from all others.
    /// </summary>
    public bool HasTurn() => current == this && turns-- > 0;

    /// <summary>Returns when the others of this thread's loop had their turn, if the caller had many; at once where it had few, or runs on no loop.</summary>
    public static ValueTask LetOthersAsync()
    {
        if (current is not { } loop || loop.HasTurn())
        {
            return ValueTask.CompletedTask;
        }

        var turn = new NextTurn();
        loop.Post(turn);
        return new ValueTask(turn.Task);
    }

    private void Wake()
    {
        lock (gate)
        {
            // Its descriptor may be somebody else's by then.
            if (!isOver)
            {
                epoll.Wake();
            }
        }
    }

    private void Run()
    {
        current = this;
        while (!isStopping)
        {
            // Before it looks whether there is something to do: what is posted from now on wakes it.
            Interlocked.Exchange(ref isAsleep, 1);
            var events = epoll.Wait(onlyLooks: !posted.IsEmpty);
            Volatile.Write(ref isAsleep, 0);
            Volatile.Write(ref now, clock.GetTimestamp());
            for (var i = 0; i < events; i++)
            {
                // The socket may have been closed since, and another have its descriptor, which this is not about.
                if (epoll.Event(i) is (var place, var tag, var what) && Volatile.Read(ref sockets)[place] is { } socket && socket.Tag == tag)
                {
                    turns = TurnsAtOnce;
                    socket.Hear(what);
                }
            }

            // Not what is posted meanwhile: sockets have their turn.
            for (var count = posted.Count; count > 0 && posted.TryDequeue(out var work); count--)
            {
                turns = TurnsAtOnce;
                work.Execute();
            }
        }

        lock (gate)
        {
            isOver = true;
            epoll.Dispose();
        }
    }

    /// <summary>Who waits for it goes on on the loop's thread.</summary>
    private sealed class NextTurn : TaskCompletionSource, IThreadPoolWorkItem
    {
        public void Execute() => SetResult();
    }
}
