using System.Buffers.Binary;
using System.Net.Sockets;

namespace Holdfast.Gateway.Hosting;

/// <summary>Whether a client is just saying something. What tells that is the kernel (TCP_INFO, tcp(7)), which knows of bytes before anybody has read them.</summary>
internal static class Quietness
{
    private const int IpProtoTcp = 6;
    private const int TcpInfo = 11;

    // Where struct tcp_info (linux/tcp.h) has what is asked for, each an unsigned integer of 4 bytes.
    private const int Unacknowledged = 24;
    private const int MillisecondsSinceReceived = 52;
    private const int NotSentBytes = 144;
    private const int InfoBytes = NotSentBytes + sizeof(uint);

    /// <summary>Ends the connection if nothing came on it for so long, nothing is on its way and nobody has begun to serve it meanwhile. Returns whether it did.</summary>
    public static bool TryShut(Socket socket, TimeSpan unused, Func<bool>? mayStill = null)
    {
        try
        {
            if (!IsQuiet(socket, unused) || mayStill?.Invoke() == false)
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
