using System.Net;
using System.Net.Sockets;
using System.Buffers.Binary;

namespace Holdfast.Cli.Processes;

/// <summary>
/// Free ports of the loopback address, each given to one process: one that starts can't take the port of another that is
/// about to listen, or that listens again after a restart, also where several runs of this tool start processes at once.
/// </summary>
/// <remarks>
/// A reserved port is claimed on Linux by a socket with the abstract name <c>holdfast-port-N</c> (unix(7)), which the kernel knows
/// in one network, leaves no file, and ends with its process.
/// </remarks>
internal sealed class LoopbackPorts(Entropy entropy)
{
    // Below the range from which Linux takes the local ports of outgoing connections (32768 to 60999 unless changed),
    // so that none of the gateways' many connections takes a port between its choice and its use.
    private const int Least = 20_000;
    private const int Most = 32_000;

    private readonly Dictionary<int, Socket?> reserved = [];

    /// <summary>A port that nothing listens on, and that is given to nobody else until it is released.</summary>
    /// <exception cref="CommandException">There is none.</exception>
    public int Reserve()
    {
        Span<byte> random = stackalloc byte[4];
        lock (reserved)
        {
            for (var attempt = 0; attempt < 1000; attempt++)
            {
                entropy.Fill(random);
                var port = Least + (int)(BinaryPrimitives.ReadUInt32LittleEndian(random) % (Most - Least));
                if (reserved.ContainsKey(port) || !TryClaim(port, out var claim))
                {
                    continue;
                }

                if (IsFree(port))
                {
                    reserved.Add(port, claim);
                    return port;
                }

                claim?.Dispose();
            }
        }

        throw new CommandException($"no loopback port from {Least} to {Most} is free: end what listens there");
    }

    /// <summary>The port may be given to another. No effect on one that was not reserved.</summary>
    public void Release(int port)
    {
        lock (reserved)
        {
            reserved.Remove(port, out var claim);
            claim?.Dispose();
        }
    }

    /// <summary>
    /// Whether the port could be listened on alone. .NET sets SO_REUSEADDR, so connections of an earlier listener that
    /// linger in TIME_WAIT don't count, and no SO_REUSEPORT, so gateways that share the port do.
    /// </summary>
    public static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen(1);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static bool TryClaim(int port, out Socket? claim)
    {
        claim = null;
        if (!OperatingSystem.IsLinux())
        {
            return true;
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint($"\0holdfast-port-{port}"));
            claim = socket;
            return true;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return false;
        }
    }
}
