using System.Net;
using System.Net.Sockets;

namespace Holdfast.Cli.Processes;

/// <summary>
/// Keeps the port that gateways share from everybody else, also while none of them listens. The socket is bound and does
/// not listen, so no connection ever comes to it; who shares the port by SO_REUSEPORT, as one of this user's processes
/// (socket(7)), can listen beside it, and nobody else can. Without SO_REUSEADDR, by which others could bind to it, too.
/// </summary>
internal sealed class PortHold : IDisposable
{
    private const int SolSocket = 1;
    private const int SoReusePort = 15;

    private readonly Socket socket;

    private PortHold(Socket socket) => this.socket = socket;

    /// <summary>Holds the port; null when somebody else has it.</summary>
    public static PortHold? TryHold(int port)
    {
        // .NET sets SO_REUSEADDR when a socket is bound that was made for TCP by name; this one becomes the same by default.
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.SetRawSocketOption(SolSocket, SoReusePort, BitConverter.GetBytes(1));
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return new PortHold(socket);
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }

    public void Dispose() => socket.Dispose();
}
