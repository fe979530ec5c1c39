using System.Net.Sockets;
using Holdfast.Sockets;

namespace Holdfast.Node;

/// <summary>
/// One thread that serves many clients in rounds: it waits until some have sent something, takes what they sent and does it, one after the
/// other, and at the end of the round has done what they share. So nothing is handed from thread to thread, and
/// what many have written goes to the log in one call.
/// </summary>
internal sealed class PollLoop : IDisposable
{
    /// <summary>One thread serves a hundred thousand commands a second, and many more of a pipeline.</summary>
    private const int MaxLoops = 16;

    private readonly Action endOfRound;
    private readonly Thread thread;
    private readonly Epoll epoll = new();
    private readonly Lock gate = new();
    private readonly List<PolledWire> next = [];
    private PolledWire?[] wires = new PolledWire?[64];
    private int count;
    private bool isStopping;

    private PollLoop(Action endOfRound)
    {
        this.endOfRound = endOfRound;
        thread = new Thread(Run) { IsBackground = true, Name = "holdfast-node" };
        thread.Start();
    }

    /// <summary>Whether this is the loop's own thread.</summary>
    public bool IsCurrent => Thread.CurrentThread == thread;

    /// <summary>One for each processor; none where the system has no epoll.</summary>
    /// <param name="endOfRound">What a loop does once it has served all who had sent something.</param>
    /// <exception cref="IOException">The process may open no more files.</exception>
    public static PollLoop[] StartAll(Action endOfRound)
    {
        var loops = new List<PollLoop>();
        try
        {
            while (Epoll.IsSupported && loops.Count < Math.Min(Environment.ProcessorCount, MaxLoops))
            {
                loops.Add(new PollLoop(endOfRound));
            }
        }
        catch
        {
            loops.ForEach(static loop => loop.Dispose());
            throw;
        }

        return [.. loops];
    }

    /// <summary>Has the loop end once it serves nobody any more.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            isStopping = true;

            // Under the gate: the loop, which looks at these under it, has not ended yet.
            epoll.Wake();
        }
    }

    /// <summary>Serves a socket from now on.</summary>
    /// <exception cref="IOException">The system watches no more sockets.</exception>
    public PolledWire Admit(Socket socket)
    {
        var wire = new PolledWire(this, socket);
        var place = (int)socket.Handle;
        lock (gate)
        {
            if (place >= wires.Length)
            {
                Array.Resize(ref wires, Math.Max(place + 1, wires.Length * 2));
            }

            wires[place] = wire;
            count++;
        }

        try
        {
            epoll.Watch(socket);
        }
        catch
        {
            wire.Dispose();
            throw;
        }

        return wire;
    }

    /// <summary>Serves the socket of this descriptor no more. It is still open, so that nobody else's has the same.</summary>
    public void Leave(int place)
    {
        lock (gate)
        {
            wires[place] = null;
            if (--count == 0 && isStopping)
            {
                epoll.Wake();
            }
        }
    }

    /// <summary>Looks once more, in the next round, what has come for the wire. Called by the loop's thread.</summary>
    public void LookAgain(PolledWire wire)
    {
        wire.IsListed = true;
        next.Add(wire);
    }

    private void Run()
    {
        List<PolledWire> again = [];
        while (!IsOver())
        {
            var events = epoll.Wait(onlyLooks: next.Count > 0);
            again.AddRange(next);
            next.Clear();
            for (var i = 0; i < events; i++)
            {
                // The socket may have been closed since, and another have its number: an event says only that it is worth a look.
                if (epoll.Event(i) is (var place, _, var what) && Volatile.Read(ref wires)[place] is { } wire)
                {
                    wire.Hear(what);
                }
            }

            foreach (var wire in again)
            {
                wire.IsListed = false;
                wire.Look();
            }

            again.Clear();
            endOfRound();
        }

        epoll.Dispose();
    }

    private bool IsOver()
    {
        lock (gate)
        {
            return isStopping && count == 0;
        }
    }
}
