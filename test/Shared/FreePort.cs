using System.Net;
using System.Net.Sockets;

namespace Holdfast.TestServers;

/// <summary>Finds loopback ports that nobody listens on.</summary>
internal static class FreePort
{
    // As the tool's: below those from which Linux takes the ports of whoever asks for any, and of outgoing connections.
    private const int Least = 20_000;
    private const int Most = 32_000;

    private static readonly List<Socket> Claims = [];

    /// <summary>A port that is free now, and that no other test is given as long as this process lives.</summary>
    public static int Next()
    {
        while (true)
        {
            var port = Random.Shared.Next(Least, Most);
            var claim = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                // The name by which the tool claims ports, too.
                claim.Bind(new UnixDomainSocketEndPoint($"\0holdfast-port-{port}"));
                using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
                listener.Listen(1);
            }
            catch (SocketException)
            {
                claim.Dispose();
                continue;
            }

            lock (Claims)
            {
                Claims.Add(claim);
            }

            return port;
        }
    }
}
