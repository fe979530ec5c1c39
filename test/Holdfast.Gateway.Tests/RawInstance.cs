using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Holdfast.Gateway.Tests;

/// <summary>
/// An instance that keeps the bytes of each request's head, health checks excepted, and answers with bytes as they are, each on a connection
/// of its own. It reads no bodies. Bytes are letters of ISO-8859-1.
/// </summary>
internal sealed class RawInstance : IAsyncDisposable
{
    public const string Good = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<string> heads = new();
    private readonly Func<string, Task<string>> answer;
    private readonly Task running;

    private RawInstance(Func<string, Task<string>> answer)
    {
        this.answer = answer;
        listener.Start();
        running = RunAsync();
    }

    public Uri Url => new($"http://{listener.LocalEndpoint}");

    /// <summary>The head of each request, without the empty line at its end.</summary>
    public IReadOnlyCollection<string> Heads => heads;

    /// <summary>Starts one that answers everything alike, and registers it as shop-1.</summary>
    public static Task<RawInstance> JoinAsync(Rig rig, string answer = Good) => JoinAsync(rig, _ => Task.FromResult(answer));

    /// <summary>Starts one that makes its answer from the head, and registers it as shop-1.</summary>
    public static async Task<RawInstance> JoinAsync(Rig rig, Func<string, Task<string>> answer)
    {
        var instance = new RawInstance(answer);
        await rig.RegisterAsync("shop-1", instance.Url);
        return instance;
    }

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        await running;
        listener.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await listener.AcceptTcpClientAsync());
            }
        }
        catch (Exception fault) when (fault is SocketException or InvalidOperationException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(TcpClient connection)
    {
        using (connection)
        {
            try
            {
                var stream = connection.GetStream();
                var head = await HeadAsync(stream);
                var isCheck = head.StartsWith($"GET {Rig.Shop.HealthPath} ", StringComparison.Ordinal);
                if (!isCheck)
                {
                    heads.Enqueue(head);
                }

                await stream.WriteAsync(Encoding.Latin1.GetBytes(isCheck ? Good : await answer(head)));
                connection.Client.Shutdown(SocketShutdown.Send);
                await stream.CopyToAsync(Stream.Null);
            }
            catch (IOException)
            {
                // The gateway has ended the connection.
            }
        }
    }

    private static async Task<string> HeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var letter = new byte[1];
        while (await stream.ReadAsync(letter) > 0)
        {
            head.Append((char)letter[0]);
            if (letter[0] == '\n' && head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                break;
            }
        }

        return head.ToString().TrimEnd();
    }
}
