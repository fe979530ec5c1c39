using System.Collections.Concurrent;
using System.Net.Sockets;
using Holdfast.Gateway.Hosting;

namespace Holdfast.Gateway.Sockets;

/// <summary>The connections that rest: their clients are there and say nothing, and the server knows nothing of them.</summary>
internal sealed class RestingClients(TimeProvider clock) : IDisposable
{
    private volatile bool isOver;
    private readonly ConcurrentDictionary<PolledSocket, long> all = [];

    /// <summary>How many there are.</summary>
    public int Count => all.Count;

    /// <summary>Keeps the connection until its client says something, which <paramref name="wake"/> is called for, or goes.</summary>
    public void Add(PolledSocket socket, Action<PolledSocket> wake)
    {
        all[socket] = clock.GetTimestamp();
        socket.Resume();
        _ = AwaitAsync(socket, wake);
        if (isOver)
        {
            Dispose();
        }
    }

    /// <summary>Closes all, and whoever comes to rest from now on.</summary>
    public void Dispose()
    {
        isOver = true;
        foreach (var (socket, _) in all)
        {
            if (all.TryRemove(socket, out _))
            {
                socket.Dispose();
            }
        }
    }

    /// <summary>Closes those that have rested for so long and whose client is not just saying something. Returns whether none is left.</summary>
    public bool Close(TimeSpan rested, TimeSpan unused)
    {
        foreach (var (socket, since) in all)
        {
            if (clock.GetElapsedTime(since) >= rested && Quietness.TryShut(socket.Socket, unused) && all.TryRemove(socket, out _))
            {
                socket.Dispose();
            }
        }

        return all.IsEmpty;
    }

    private async Task AwaitAsync(PolledSocket socket, Action<PolledSocket> wake)
    {
        var hasInput = false;
        try
        {
            await socket.ReceiveAsync(Memory<byte>.Empty);
            hasInput = socket.Socket.Available > 0;
        }
        catch (Exception fault) when (fault is IOException or SocketException or ObjectDisposedException)
        {
            // It is over.
        }

        if (!all.TryRemove(socket, out _))
        {
            return;
        }

        if (hasInput)
        {
            wake(socket);
        }
        else
        {
            socket.Dispose();
        }
    }
}
