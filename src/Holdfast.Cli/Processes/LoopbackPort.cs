using System.Net;
using System.Net.Sockets;
using System.Buffers.Binary;

namespace Holdfast.Cli.Processes;

/// <summary>Free ports of the loopback address.</summary>
internal static class LoopbackPort
{
    // Below the range from which Linux takes the local ports of outgoing connections (32768 to 60999 unless changed),
    // so that none of the gateways' many connections takes a port between its choice and its use.
    private const int Least = 20_000;
    private const int Most = 32_000;

    /// <summary>A port that nothing listens on.</summary>
    /// <exception cref="CommandException">There is none.</exception>
    public static int ChooseFree(Entropy entropy)
    {
        Span<byte> random = stackalloc byte[4];
        for (var attempt = 0; attempt < 1000; attempt++)
        {
            entropy.Fill(random);
            var port = Least + (int)(BinaryPrimitives.ReadUInt32LittleEndian(random) % (Most - Least));
            if (IsFree(port))
            {
                return port;
            }
        }

        throw new CommandException($"no loopback port from {Least} to {Most} is free: end what listens there");
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
