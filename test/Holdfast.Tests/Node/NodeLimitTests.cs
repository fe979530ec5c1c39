using System.Net;

namespace Holdfast.Tests.Node;

public class NodeLimitTests
{
    [Fact]
    public async Task A_client_that_never_reads_is_disconnected_and_the_others_go_on()
    {
        var host = new NodeHost { Options = new() { MaxQueuedBytesPerClient = 1 << 20 } };
        await host.InitializeAsync();
        await using var disposing = host;
        using var dead = host.Connect();
        using var other = host.Connect();
        var big = new string('x', 100_000);
        other.Ask(host.Set("big/k", "a", big));
        Assert.Throws<System.Net.Sockets.SocketException>(() => SendForever(dead, host.Key("big/k"), () =>
            Assert.Equal(big, other.Ask("HGET", host.Key("big/k"), "a"))));
        Assert.Equal("PONG", other.Ask("PING"));
        Assert.Contains(host.Events, static item => item.Name == "ClientTooSlow");
    }

    [Fact]
    public async Task One_client_too_many_is_told_so()
    {
        var host = new NodeHost { Options = new() { MaxClients = 2 } };
        await host.InitializeAsync();
        await using var disposing = host;
        using var one = host.Connect();
        using var two = host.Connect();
        one.Ask("PING");
        two.Ask("PING");
        using (var three = host.Connect())
        {
            Assert.Equal("-ERR max number of clients reached", three.Read());
            Assert.True(three.IsClosed());
        }

        Assert.Equal("PONG", one.Ask("PING"));
    }

    [Fact]
    public async Task Off_loopback_and_with_nowhere_to_listen_it_does_not_start()
    {
        var host = new NodeHost();
        await host.InitializeAsync();
        await using var disposing = host;
        var error = await Assert.ThrowsAsync<ArgumentException>(async () => await StateNode.StartAsync(
            host.Engine, new StateNodeOptions { EndPoint = new IPEndPoint(IPAddress.Any, 0), Password = "long enough", MaxClients = 0 }));
        Assert.Contains("no TLS", error.Message);
        Assert.Contains("MaxClients", error.Message);
        await Assert.ThrowsAsync<ArgumentException>(async () => await StateNode.StartAsync(host.Engine, new StateNodeOptions()));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await StateNode.StartAsync(
            host.Engine, new StateNodeOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }));
    }

    [Fact]
    public async Task A_socket_in_use_a_file_and_a_taken_port_are_refused_and_a_dead_socket_is_replaced()
    {
        var host = new NodeHost();
        await host.InitializeAsync();
        await using var disposing = host;
        var folder = Directory.CreateTempSubdirectory("holdfast-node-").FullName;
        await using var engine = await EmbeddedEngine.OpenAsync(Path.Combine(folder, "data"), new StateEngineOptions { PartitionCount = 1 });
        async Task<string> ProblemOf(StateNodeOptions options) =>
            (await Assert.ThrowsAsync<StateException>(async () => await StateNode.StartAsync(engine, options))).Message;

        Assert.Contains("listens on", await ProblemOf(new() { UnixSocketPath = host.SocketPath }));
        Assert.Contains($"Port {host.Node.EndPoint!.Port} is taken", await ProblemOf(new() { EndPoint = host.Node.EndPoint }));
        var file = Path.Combine(folder, "precious.txt");
        await File.WriteAllTextAsync(file, "precious");
        Assert.Contains("is not a socket", await ProblemOf(new() { UnixSocketPath = file }));
        Assert.Equal("precious", await File.ReadAllTextAsync(file));
        Assert.Contains("shorter", await ProblemOf(new() { UnixSocketPath = "/tmp/" + new string('x', 200) }));

        var stale = Path.Combine(folder, "stale.sock");
        LeaveSocketBehind(stale);
        Assert.True(File.Exists(stale));
        await using (await StateNode.StartAsync(engine, new StateNodeOptions { UnixSocketPath = stale }))
        {
            using var client = RawClient.OnSocket(stale);
            Assert.Equal("PONG", client.Ask("PING"));
        }

        Directory.Delete(folder, recursive: true);
    }

    private static void SendForever(RawClient client, string key, Action between)
    {
        while (true)
        {
            client.Send("HGETALL", key);
            between();
        }
    }

    /// <summary>As a process that was killed leaves it: bound by a name that is then moved, as closing would remove it.</summary>
    private static void LeaveSocketBehind(string path)
    {
        using var socket = new System.Net.Sockets.Socket(
            System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(path + ".1"));
        File.Move(path + ".1", path);
    }
}
