using System.Net;
using System.Net.Sockets;
using Holdfast.Cli.Processes;

namespace Holdfast.Cli.Tests.Processes;

public sealed class PortHoldTests
{
    [Fact]
    public async Task A_held_port_is_nobody_elses_and_those_who_share_it_get_every_connection()
    {
        var ports = new LoopbackPorts(Entropy.System);
        PortHold? hold = null;
        var port = 0;
        while (hold is null)
        {
            port = ports.Reserve();
            hold = PortHold.TryHold(port);
        }

        using (hold)
        {
            Assert.False(LoopbackPorts.IsFree(port));
            using var gateway = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            gateway.SetRawSocketOption(1, 15, BitConverter.GetBytes(1));
            gateway.Bind(new IPEndPoint(IPAddress.Loopback, port));
            gateway.Listen();
            for (var connection = 0; connection < 20; connection++)
            {
                using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await client.ConnectAsync(IPAddress.Loopback, port);
                using var accepted = await gateway.AcceptAsync().WaitAsync(TestServers.HoldfastTool.Deadline);
            }
        }
    }
}
