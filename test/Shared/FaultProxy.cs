using System.Net;
using System.Net.Sockets;

namespace Holdfast.TestServers;

/// <summary>
/// Stands between an engine and its store: holds back, delays or drops what one side says, and cuts connections, in the middle of a frame
/// too. What is held on both ways is a network that has been parted: nobody is told, and nothing comes through.
/// </summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly int target;
    private readonly Lock gate = new();
    private readonly List<Socket> sockets = [];

    public FaultProxy(int target)
    {
        this.target = target;
        listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public string ConnectionString => $"redis://127.0.0.1:{Port}";

    /// <summary>What is said to the store.</summary>
    public ProxyFlow ToStore { get; } = new();

    /// <summary>What the store says.</summary>
    public ProxyFlow FromStore { get; } = new();

    /// <summary>From now on nothing that the store says gets through; what is said to it does.</summary>
    public void Hold() => FromStore.Hold();

    /// <summary>From now on nothing gets through either way.</summary>
    public void Part()
    {
        ToStore.Hold();
        FromStore.Hold();
    }

    /// <summary>Lets through what was held, in its order.</summary>
    public void Release()
    {
        ToStore.Release();
        FromStore.Release();
    }

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

        _ = ToStore.PassAsync(client, store);
        _ = FromStore.PassAsync(store, client);
    }
}
