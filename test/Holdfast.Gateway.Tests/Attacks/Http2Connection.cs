using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Holdfast.Gateway.Tests.Attacks;

/// <summary>HTTP/2 frame by frame (RFC 9113), for what no client library does.</summary>
internal sealed class Http2Connection : IAsyncDisposable
{
    public const byte Headers = 1;
    public const byte ResetStream = 3;
    public const byte Settings = 4;
    public const byte GoAway = 7;
    public const byte WindowUpdate = 8;
    private const byte Acknowledged = 1;
    private const byte EndsStreamAndHeaders = 5;
    private const int HeadLength = 9;
    private readonly TcpClient client = new();
    private SslStream stream = null!;

    public static async Task<Http2Connection> OpenAsync(Uri gateway)
    {
        var connection = new Http2Connection();
        await connection.client.ConnectAsync(gateway.Host, gateway.Port);
        connection.stream = new SslStream(connection.client.GetStream(), false, static (_, certificate, _, _) => Tls.IsTests(certificate));
        await connection.stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ApplicationProtocols = [SslApplicationProtocol.Http2],
        });
        await connection.stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await connection.SendAsync(Settings, 0, 0, []);
        return connection;
    }

    /// <summary>GET of a path: indexed method and scheme, literal path and authority (RFC 7541).</summary>
    public static byte[] Get(int streamId, string path) => Frame(
        Headers, EndsStreamAndHeaders, streamId,
        [0x82, 0x87, 0x04, (byte)path.Length, .. Encoding.ASCII.GetBytes(path), 0x01, 9, .. "localhost"u8]);

    public static byte[] Reset(int streamId) => Frame(ResetStream, 0, streamId, [0, 0, 0, 8]);

    /// <summary>A window update that makes the stream's window overflow, so that the server resets the stream.</summary>
    public static byte[] Overflow(int streamId) => Frame(WindowUpdate, 0, streamId, [0x7F, 0xFF, 0xFF, 0xFF]);

    public ValueTask SendAsync(byte[] bytes) => stream.WriteAsync(bytes);

    public ValueTask SendAsync(byte type, byte flags, int streamId, ReadOnlySpan<byte> payload) => stream.WriteAsync(Frame(type, flags, streamId, payload));

    /// <summary>Reads until the server says that it goes away, or is gone. Acknowledges settings.</summary>
    public async Task ReadToEndAsync()
    {
        var head = new byte[HeadLength];
        try
        {
            while (true)
            {
                await stream.ReadExactlyAsync(head);
                var payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
                await stream.ReadExactlyAsync(payload);
                if (head[3] == GoAway)
                {
                    return;
                }
            }
        }
        catch (IOException)
        {
            // Gone.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        client.Dispose();
    }

    private static byte[] Frame(byte type, byte flags, int streamId, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[HeadLength + payload.Length];
        (frame[0], frame[1], frame[2], frame[3], frame[4]) = ((byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), streamId);
        payload.CopyTo(frame.AsSpan(HeadLength));
        return frame;
    }
}
