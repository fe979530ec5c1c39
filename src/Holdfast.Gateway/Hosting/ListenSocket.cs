using System.Net;
using System.Net.Sockets;

namespace Holdfast.Gateway.Hosting;

/// <summary>
/// Binds so that several gateways of one user share a port and the kernel spreads connections over them (SO_REUSEPORT,
/// Linux 3.9, socket(7)). Elsewhere a port has one gateway.
/// </summary>
internal static class ListenSocket
{
    private const int SolSocket = 1;
    private const int SoReusePort = 15;

    public static Socket Bind(EndPoint endPoint)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (OperatingSystem.IsLinux())
            {
                socket.SetRawSocketOption(SolSocket, SoReusePort, BitConverter.GetBytes(1));
            }

            socket.Bind(endPoint);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
