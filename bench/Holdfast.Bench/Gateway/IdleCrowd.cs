using System.Net.Sockets;
using System.Text;

namespace Holdfast.Bench;

/// <summary>Connections that have made one request each, and rest.</summary>
internal sealed class IdleCrowd : IAsyncDisposable
{
    private const int AtOnce = 100;
    private readonly List<TcpClient> clients = [];

    public int Count => clients.Count;

    public static async Task<IdleCrowd> ConnectAsync(Uri url, int count)
    {
        var crowd = new IdleCrowd();
        for (var made = 0; made < count; made += AtOnce)
        {
            crowd.clients.AddRange(await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => AskAsync(url))));
        }

        return crowd;
    }

    public ValueTask DisposeAsync()
    {
        clients.ForEach(static client => client.Dispose());
        return ValueTask.CompletedTask;
    }

    private static async Task<TcpClient> AskAsync(Uri url)
    {
        var client = new TcpClient();
        await client.ConnectAsync(url.Host, url.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET /small HTTP/1.1\r\nHost: {url.Authority}\r\n\r\n"));
        await client.GetStream().ReadExactlyAsync(new byte[12]);
        return client;
    }
}
