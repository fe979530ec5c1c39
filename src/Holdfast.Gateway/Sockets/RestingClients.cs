using System.Collections.Concurrent;
using System.Net.Sockets;
using Holdfast.Gateway.Hosting;

namespace Holdfast.Gateway.Sockets;

/// <summary>The connections that rest: their clients are there and say nothing, and the server knows nothing of them.</summary>
internal sealed class RestingClients(TimeProvider clock) : IDisposable
{
    private volatile bool isOver;
    private readonly ConcurrentDictionary<PolledSocket, Rest> all = [];

    /// <summary>How many there are.</summary>
    public int Count => all.Count;

    /// <summary>Keeps the connection until its client says something, which <paramref name="wake"/> is called for, or goes.</summary>
    public void Add(PolledSocket socket, Action<PolledSocket> wake)
    {
        var rest = all[socket] = new Rest(clock.GetTimestamp());
        socket.Resume();
        _ = AwaitAsync(socket, rest, wake);
        if (isOver)
        {
            Dispose();
        }
    }

    /// <summary>Closes all, and whoever comes to rest from now on.</summary>
    public void Dispose()
    {
        isOver = true;
        foreach (var (socket, rest) in all)
        {
            if (rest.TryEnd())
            {
                End(socket);
            }
        }
    }

    /// <summary>Closes those that have rested for so long and whose client is not just saying something. Returns whether none is left.</summary>
    public bool Close(TimeSpan rested, TimeSpan unused)
    {
        foreach (var (socket, rest) in all)
        {
            if (clock.GetElapsedTime(rest.Since) >= rested && rest.TryEnd(() => Quietness.TryShut(socket.Socket, unused)))
            {
                End(socket);
            }
        }

        return all.IsEmpty;
    }

    /// <summary>Closes some of those that have rested for longest, half of them at most, as there are no files for others. Returns how many.</summary>
    public int CloseOldest(int most)
    {
        var closed = 0;
        var resting = all.ToArray();
        foreach (var (socket, rest) in resting.OrderBy(static one => one.Value.Since).Take(Math.Min(most, (resting.Length + 1) / 2)))
        {
            if (rest.TryEnd(() => Quietness.TryShut(socket.Socket, TimeSpan.Zero)))
            {
                End(socket);
                closed++;
            }
        }

        return closed;
    }

    private void End(PolledSocket socket)
    {
        all.TryRemove(socket, out _);
        socket.Dispose();
    }

    private async Task AwaitAsync(PolledSocket socket, Rest rest, Action<PolledSocket> wake)
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

        if (!rest.TryEnd())
        {
            return;
        }

        if (hasInput)
        {
            all.TryRemove(socket, out _);
            wake(socket);
        }
        else
        {
            End(socket);
        }
    }

    /// <summary>A rest, which one ends: the client that says something, or who closes the connection.</summary>
    private sealed class Rest(long since)
    {
        private readonly Lock gate = new();
        private bool isOver;

        public long Since => since;

        /// <summary>Ends it, if it has not ended. Returns whether this did.</summary>
        /// <param name="may">Asked while nobody else can end it.</param>
        public bool TryEnd(Func<bool>? may = null)
        {
            lock (gate)
            {
                if (isOver || may?.Invoke() == false)
                {
                    return false;
                }

                return isOver = true;
            }
        }
    }
}
