using System.Net;
using System.Net.Sockets;

namespace Holdfast.Tests.Redis;

/// <summary>Stands between an engine and its store: holds back what the store says, and cuts connections.</summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly int target;
    private readonly Lock gate = new();
    private readonly List<Socket> sockets = [];
    private TaskCompletionSource open = Opened();

    public TcpProxy(int target)
    {
        this.target = target;
        listener.Start();
        _ = AcceptAsync();
    }

    public string ConnectionString => $"redis://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

    /// <summary>From now on nothing that the store says gets through; what is said to it does.</summary>
    public void Hold() => Volatile.Write(ref open, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>Lets through what was held, in its order.</summary>
    public void Release() => Volatile.Read(ref open).TrySetResult();

    /// <summary>Cuts every connection.</summary>
    public void Cut()
    {
        lock (gate)
        {
            sockets.ForEach(static socket => socket.Dispose());
            sockets.Clear();
        }

        Release();
    }

    public ValueTask DisposeAsync()
    {
        listener.Stop();
        Cut();
        return ValueTask.CompletedTask;
    }

    private static TaskCompletionSource Opened()
    {
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        open.SetResult();
        return open;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                await ConnectAsync(await listener.AcceptSocketAsync());
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }

    private async Task ConnectAsync(Socket client)
    {
        var store = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        try
        {
            await store.ConnectAsync(IPAddress.Loopback, target);
        }
        catch (SocketException)
        {
            // As if the store itself had closed it.
            client.Dispose();
            store.Dispose();
            return;
        }

        lock (gate)
        {
            sockets.AddRange([client, store]);
        }

        _ = PassAsync(client, store, isHeld: false);
        _ = PassAsync(store, client, isHeld: true);
    }

    private async Task PassAsync(Socket from, Socket to, bool isHeld)
    {
        var buffer = new byte[16 << 10];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
            {
                if (isHeld)
                {
                    await Volatile.Read(ref open).Task;
                }

                for (var sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
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
}
