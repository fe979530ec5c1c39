using System.Buffers.Binary;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Gateway.Hosting;

/// <summary>
/// A client's connection, to be closed when nobody uses it. What tells that is the kernel (TCP_INFO, tcp(7)), which knows of bytes before
/// the server does: a request that has just come in, and that nobody has seen yet, keeps its connection open.
/// </summary>
internal sealed class ClientConnection(ConnectionContext connection, ClientConnections all, TimeProvider clock)
{
    private const int IpProtoTcp = 6;
    private const int TcpInfo = 11;

    // Where struct tcp_info (linux/tcp.h) has what is asked for, each an unsigned integer of 4 bytes.
    private const int Unacknowledged = 24;
    private const int MillisecondsSinceReceived = 52;
    private const int NotSentBytes = 144;
    private const int InfoBytes = NotSentBytes + sizeof(uint);

    private long ended = clock.GetTimestamp();
    private volatile bool isServing;
    private volatile bool isHttp2;
    private bool isDismissed;

    /// <summary>Whether its requests come at the same time. Clients are told that such a one ends by the protocol itself.</summary>
    public bool IsHttp2 => isHttp2;

    private ClientConnections All => all;

    /// <summary>A request has come.</summary>
    public void Begin(string protocol)
    {
        isServing = true;
        if (HttpProtocol.IsHttp2(protocol))
        {
            isHttp2 = true;
        }
    }

    /// <summary>The request has its answer, which need not be sent yet.</summary>
    public void End()
    {
        Volatile.Write(ref ended, clock.GetTimestamp());
        isServing = false;
    }

    /// <summary>Has the answer, if the gateway ends, be the last one of its connection.</summary>
    public static void Tell(HttpContext context)
    {
        if (context.Features.Get<ClientConnection>() is { IsHttp2: false } connection && connection.All.IsEnding)
        {
            context.Response.Headers.Connection = "close";
        }
    }

    /// <summary>Has the server tell the client of HTTP/2 that no further request is taken (GOAWAY, RFC 9113, section 6.8), and serve those that it has.</summary>
    public void Dismiss()
    {
        if (!isDismissed)
        {
            isDismissed = true;
            connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }
    }

    /// <summary>Closes the connection if nothing came on it for so long and nothing is on its way. Returns whether it is closed.</summary>
    public bool TryClose(TimeSpan unused)
    {
        if (isServing || clock.GetElapsedTime(Volatile.Read(ref ended)) < unused || connection.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket)
        {
            return false;
        }

        try
        {
            if (!IsQuiet(socket, unused) || isServing)
            {
                return false;
            }

            socket.Shutdown(SocketShutdown.Both);
            return true;
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            // The client was first.
            return false;
        }
    }

    private static bool IsQuiet(Socket socket, TimeSpan unused)
    {
        // What nobody has read yet may have come long ago, if the process stood still.
        if (socket.Available > 0 || !OperatingSystem.IsLinux())
        {
            return socket.Available == 0;
        }

        Span<byte> info = stackalloc byte[InfoBytes];
        return socket.GetRawSocketOption(IpProtoTcp, TcpInfo, info) == info.Length
            && Number(info, Unacknowledged) == 0
            && Number(info, NotSentBytes) == 0
            && Number(info, MillisecondsSinceReceived) >= unused.TotalMilliseconds;
    }

    private static uint Number(ReadOnlySpan<byte> info, int offset) =>
        BitConverter.IsLittleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(info[offset..]) : BinaryPrimitives.ReadUInt32BigEndian(info[offset..]);
}
