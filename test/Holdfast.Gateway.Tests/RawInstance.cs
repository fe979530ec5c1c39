using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Holdfast.Gateway.Tests;

/// <summary>
/// An instance that keeps the bytes of each request's head, health checks excepted, and answers with bytes as they are, each on a connection
/// of its own. It reads no bodies, or reads them to throw them away. Bytes are letters of ISO-8859-1.
/// </summary>
internal sealed class RawInstance : IAsyncDisposable
{
    public const string Good = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<string> heads = new();
    private readonly Func<string, Task<string>> answer;
    private readonly Parting parting;
    private readonly TaskCompletionSource stopping = new();
    private readonly Task running;
    private long readBytes;

    private RawInstance(Func<string, Task<string>> answer, Parting parting)
    {
        (this.answer, this.parting) = (answer, parting);
        listener.Start();
        running = RunAsync();
    }

    public Uri Url => new($"http://{listener.LocalEndpoint}");

    /// <summary>The head of each request, without the empty line at its end.</summary>
    public IReadOnlyCollection<string> Heads => heads.ToArray();

    /// <summary>How many bytes it has read behind its answers, as <see cref="Parting.Read"/>.</summary>
    public long ReadBytes => Interlocked.Read(ref readBytes);

    /// <summary>Starts one that answers everything alike, and registers it as shop-1.</summary>
    public static Task<RawInstance> JoinAsync(Rig rig, string answer = Good) => JoinAsync(rig, _ => Task.FromResult(answer));

    /// <summary>Starts one that makes its answer from the head, and registers it.</summary>
    /// <param name="rig">Where.</param>
    /// <param name="answer">Makes it.</param>
    /// <param name="parting">What it does with the connection then.</param>
    /// <param name="id">Under which name.</param>
    public static async Task<RawInstance> JoinAsync(Rig rig, Func<string, Task<string>> answer, Parting parting = Parting.HalfClose, string id = "shop-1")
    {
        var instance = new RawInstance(answer, parting);
        await rig.RegisterAsync(id, instance.Url);
        return instance;
    }

    public async ValueTask DisposeAsync()
    {
        stopping.TrySetResult();
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
                while (await ServeNextAsync(connection))
                {
                }
            }
            catch (IOException)
            {
                // The gateway has ended the connection.
            }
        }
    }

    /// <summary>Returns whether the connection can have another request: only who lets connections rest keeps them, and only behind a request without a body.</summary>
    private async Task<bool> ServeNextAsync(TcpClient connection)
    {
        var stream = connection.GetStream();
        var head = await HeadAsync(stream);
        if (head.Length == 0)
        {
            return false;
        }

        var isCheck = head.StartsWith($"GET {Rig.Shop.HealthPath} ", StringComparison.Ordinal);
        if (!isCheck)
        {
            heads.Enqueue(head);
        }

        var said = isCheck ? Good : await answer(head);
        await stream.WriteAsync(Encoding.Latin1.GetBytes(said));
        if (!isCheck && parting == Parting.Rest && head.StartsWith("GET ", StringComparison.Ordinal))
        {
            return true;
        }

        var isSaid = said.Contains("\r\n\r\n", StringComparison.Ordinal);
        await PartAsync(connection, isCheck || (parting == Parting.Reset && isSaid) ? Parting.HalfClose : parting);
        return false;
    }

    private async Task PartAsync(TcpClient connection, Parting how)
    {
        switch (how)
        {
            case Parting.HalfClose:
                connection.Client.Shutdown(SocketShutdown.Send);
                await connection.GetStream().CopyToAsync(Stream.Null);
                break;
            case Parting.Read:
                var buffer = new byte[64 << 10];
                while (await connection.GetStream().ReadAsync(buffer) is > 0 and var count)
                {
                    Interlocked.Add(ref readBytes, count);
                }

                break;
            case Parting.Cut:
                connection.Client.Close(timeout: 0);
                break;
            case Parting.Reset:
                connection.LingerState = new LingerOption(enable: true, seconds: 0);
                break;
            case Parting.Rest:
                await stopping.Task;
                break;
            default:
                break;
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
