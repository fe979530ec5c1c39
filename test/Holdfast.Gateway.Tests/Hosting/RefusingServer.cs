using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Holdfast.Gateway.Tests.Hosting;

/// <summary>A server of HTTP/2 without TLS that refuses its first stream (RFC 9113, section 8.7) once it got some of its body, and notes what it gets on later ones.</summary>
internal sealed class RefusingServer : IDisposable
{
    private const int PrefaceLength = 24;
    private const int HeadLength = 9;
    private const byte Data = 0;
    private const byte ResetStream = 3;
    private const byte Settings = 4;
    private const byte Refused = 7;
    private const byte Cancel = 8;
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly TaskCompletionSource refused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int refusedStream;
    private int laterBytes;

    public RefusingServer()
    {
        listener.Start();
        _ = AcceptAsync();
    }

    public Uri Url => new($"http://{listener.LocalEndpoint}");

    /// <summary>Completes when it has refused a stream.</summary>
    public Task HasRefused => refused.Task;

    /// <summary>What came of bodies on other streams after that: on the refused one bytes may be under way when it is refused.</summary>
    public int LaterBytes => Volatile.Read(ref laterBytes);

    public void Dispose() => listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await listener.AcceptTcpClientAsync());
            }
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                await ServeAsync(client.GetStream());
            }
        }
        catch (IOException)
        {
            // The gateway has closed it.
        }
    }

    private async Task ServeAsync(NetworkStream stream)
    {
        var start = new byte[PrefaceLength];
        await stream.ReadExactlyAsync(start);
        if (!start.AsSpan().StartsWith("PRI"u8))
        {
            // The health path, which is asked by HTTP/1.1.
            await stream.WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
            return;
        }

        await stream.WriteAsync(new byte[] { 0, 0, 0, Settings, 0, 0, 0, 0, 0 });
        var head = new byte[HeadLength];
        while (true)
        {
            await stream.ReadExactlyAsync(head);
            var payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
            await stream.ReadExactlyAsync(payload);
            if (head[3] == Settings && head[4] == 0)
            {
                await stream.WriteAsync(new byte[] { 0, 0, 0, Settings, 1, 0, 0, 0, 0 });
            }
            else if (head[3] == Data && payload.Length > 0)
            {
                await stream.WriteAsync(new byte[] { 0, 0, 4, ResetStream, 0, head[5], head[6], head[7], head[8], 0, 0, 0, refused.Task.IsCompleted ? Cancel : Refused });
                var id = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5));
                if (refused.TrySetResult())
                {
                    refusedStream = id;
                }
                else if (id != refusedStream)
                {
                    Interlocked.Add(ref laterBytes, payload.Length);
                }
            }
        }
    }
}
