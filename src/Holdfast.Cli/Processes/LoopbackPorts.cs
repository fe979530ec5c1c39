using System.Net;
using System.Net.Sockets;
using System.Buffers.Binary;

namespace Holdfast.Cli.Processes;

/// <summary>
/// Free ports of the loopback address, each given to one process of a run: one that starts can't take the port of
/// another that is about to listen, or that listens again after a restart.
/// </summary>
internal sealed class LoopbackPorts(Entropy entropy)
{
    // Below the range from which Linux takes the local ports of outgoing connections (32768 to 60999 unless changed),
    // so that none of the gateways' many connections takes a port between its choice and its use.
    private const int Least = 20_000;
    private const int Most = 32_000;

    private readonly HashSet<int> reserved = [];

    /// <summary>A port that nothing listens on, and that is given to nobody else until it is released.</summary>
    /// <exception cref="CommandException">There is none.</exception>
    public int Reserve()
    {
        Span<byte> random = stackalloc byte[4];
        for (var attempt = 0; attempt < 1000; attempt++)
        {
            entropy.Fill(random);
            var port = Least + (int)(BinaryPrimitives.ReadUInt32LittleEndian(random) % (Most - Least));
            if (!IsFree(port))
            {
                continue;
            }

            lock (reserved)
            {
                if (reserved.Add(port))
                {
                    return port;
                }
            }
        }

        throw new CommandException($"no loopback port from {Least} to {Most} is free: end what listens there");
    }

    /// <summary>The port may be given to another. No effect on one that was not reserved.</summary>
    public void Release(int port)
    {
        lock (reserved)
        {
            reserved.Remove(port);
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
}
