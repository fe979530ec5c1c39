using System.Net.Sockets;

namespace Holdfast.TestServers;

/// <summary>One way through a <see cref="FaultProxy"/>.</summary>
internal sealed class ProxyFlow
{
    private readonly Lock gate = new();
    private TaskCompletionSource open = Opened();
    private long delayMilliseconds;
    private long? bytesLeft;

    /// <summary>How long each piece is kept before it goes on. Pieces stay in their order.</summary>
    public TimeSpan Delay
    {
        get => TimeSpan.FromMilliseconds(Interlocked.Read(ref delayMilliseconds));
        set => Interlocked.Exchange(ref delayMilliseconds, (long)value.TotalMilliseconds);
    }

    /// <summary>From now on nothing gets through.</summary>
    public void Hold() => Volatile.Write(ref open, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>Lets through what was held.</summary>
    public void Release() => Volatile.Read(ref open).TrySetResult();

    /// <summary>Lets so many bytes more through, and then cuts the connection that the last of them went by: in the middle of a frame, if that is where they end.</summary>
    public void CutAfter(long bytes)
    {
        lock (gate)
        {
            bytesLeft = bytes;
        }
    }

    /// <summary>Whether a cut that was asked for has come.</summary>
    public bool HasCut
    {
        get
        {
            lock (gate)
            {
                return bytesLeft is null;
            }
        }
    }

    /// <summary>Passes on what comes until one side ends or the connection is cut.</summary>
    public async Task PassAsync(Socket from, Socket to)
    {
        var buffer = new byte[16 << 10];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
            {
                await Volatile.Read(ref open).Task;
                if (Delay > TimeSpan.Zero)
                {
                    await Task.Delay(Delay);
                }

                var let = Let(count);
                for (var sent = 0; sent < let;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, let - sent));
                }

                if (let < count)
                {
                    break;
                }
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Cut.
        }

        from.Dispose();
        to.Dispose();
    }

    private int Let(int count)
    {
        lock (gate)
        {
            if (bytesLeft is not { } left || left >= count)
            {
                bytesLeft -= count;
                return count;
            }

            bytesLeft = null;
            return (int)left;
        }
    }

    private static TaskCompletionSource Opened()
    {
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        open.SetResult();
        return open;
    }
}
