using System.Net;
using System.Net.Sockets;

namespace Holdfast.TestServers;

/// <summary>Finds loopback ports that nobody listens on.</summary>
internal static class FreePort
{
    /// <summary>
    /// A port that is free now. Another process may take it before its user does: who starts a server on it must look
    /// whether it came up, and ask again if not.
    /// </summary>
    public static int Next()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)listener.LocalEndPoint!).Port;
    }
}
