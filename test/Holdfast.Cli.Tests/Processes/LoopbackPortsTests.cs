using System.Net;
using System.Net.Sockets;
using Holdfast.Cli.Processes;

namespace Holdfast.Cli.Tests.Processes;

public sealed class LoopbackPortsTests
{
    /// <summary>Nothing listens yet on the port that was reserved.</summary>
    [Fact]
    public void A_reserved_port_is_given_to_no_other_run_until_it_is_released()
    {
        var one = new LoopbackPorts(Entropy.System);
        var port = one.Reserve();
        var other = new LoopbackPorts(new Only(port));
        Assert.Throws<CommandException>(() => other.Reserve());
        one.Release(port);
        Assert.Equal(port, other.Reserve());
        Assert.Throws<CommandException>(() => other.Reserve());
        other.Release(port);
    }

    [Fact]
    public void A_port_on_which_something_listens_is_not_given()
    {
        var one = new LoopbackPorts(Entropy.System);
        var port = one.Reserve();
        using (var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
            listener.Listen();
            one.Release(port);
            Assert.Throws<CommandException>(() => new LoopbackPorts(new Only(port)).Reserve());
        }
    }

    /// <summary>A chance that draws one port.</summary>
    private sealed class Only(int port) : Entropy
    {
        private const int Least = 20_000;

        public override void Fill(Span<byte> bytes) => BitConverter.TryWriteBytes(bytes, port - Least);
    }
}
