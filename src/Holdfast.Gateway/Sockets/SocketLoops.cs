using Holdfast.Sockets;

namespace Holdfast.Gateway.Sockets;

/// <summary>The gateway's loops: one for each processor, and none where the system has no epoll, which leaves sockets to .NET.</summary>
internal sealed class SocketLoops : IDisposable
{
    private int turn;

    /// <exception cref="IOException">The process may open no more files.</exception>
    public SocketLoops(TimeProvider clock)
    {
        var loops = new List<SocketLoop>();
        try
        {
            while (Epoll.IsSupported && loops.Count < Environment.ProcessorCount)
            {
                loops.Add(new SocketLoop(clock));
            }
        }
        catch
        {
            loops.ForEach(static loop => loop.Dispose());
            throw;
        }

        All = loops;
    }

    public IReadOnlyList<SocketLoop> All { get; }

    /// <summary>Each loop in turn. There must be one.</summary>
    public SocketLoop Next() => All[(int)((uint)Interlocked.Increment(ref turn) % (uint)All.Count)];

    public void Dispose()
    {
        foreach (var loop in All)
        {
            loop.Dispose();
        }
    }
}
