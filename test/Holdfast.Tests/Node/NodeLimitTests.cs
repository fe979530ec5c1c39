using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

using Holdfast.TestServers;

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
        Assert.Throws<IOException>(() => SendForever(dead, host.Key("big/k"), () =>
            Assert.Equal(big, other.Ask("HGET", host.Key("big/k"), "a"))));
        Assert.Equal("PONG", other.Ask("PING"));
        Assert.Contains(host.Events, static item => item.Name == "ClientTooSlow");
    }

    [Fact]
    public async Task Nothing_is_done_any_more_for_a_client_that_was_cut_off()
    {
        const int commands = 6000;
        var host = new NodeHost { Options = new() { MaxQueuedBytesPerClient = 1 << 20 } };
        await host.InitializeAsync();
        await using var disposing = host;
        using var dead = host.Connect();
        dead.Ask("SET", "k", new string('x', 100_000));
        dead.Send(System.Text.Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", commands))));
        var begun = TimeProvider.System.GetTimestamp();
        while (host.Node.ConnectedClients > 0)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < TimeSpan.FromSeconds(60), "The client was not cut off.");
            await Task.Delay(20);
        }

        // What was received together with what was too much is done, and no more of what has come.
        Assert.InRange(host.Node.Figures.Commands, 1, commands / 2);
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
    public async Task A_reply_that_would_be_too_large_is_an_error_and_no_memory()
    {
        var host = new NodeHost { Options = new() { MaxQueuedBytesPerClient = 1 << 20 } };
        await host.InitializeAsync();
        await using var disposing = host;
        using var client = host.Connect();
        client.Ask("SET", "big", new string('x', 100_000));
        Assert.StartsWith("-HFLIMIT a reply has at most 1048576 bytes", (string)client.Ask(["MGET", .. Enumerable.Repeat("big", 10_000)])!);
        Assert.Equal(100_000L, client.Ask("STRLEN", "big"));
    }

    [Fact]
    public async Task Who_does_not_authenticate_in_time_is_disconnected()
    {
        var host = new NodeHost { Options = new() { AuthenticationTimeout = TimeSpan.FromSeconds(5) } };
        await host.InitializeAsync();
        await using var disposing = host;
        using var client = RawClient.OnPort(host.Node.EndPoint!.Port);
        using var stranger = RawClient.OnPort(host.Node.EndPoint!.Port);
        client.Ask("AUTH", NodeHost.Password);
        stranger.Send("*2\r\n$4\r\nAUTH\r\n$100\r\nsl"u8);
        Assert.True(stranger.IsClosed());
        Assert.Equal("PONG", client.Ask("PING"));
    }

    [Fact]
    public async Task A_silent_client_is_disconnected_if_that_is_asked_for_unless_it_listens()
    {
        var host = new NodeHost { Options = new() { IdleTimeout = TimeSpan.FromSeconds(5) } };
        await host.InitializeAsync();
        await using var disposing = host;
        using var listener = host.Connect();
        listener.Ask("SUBSCRIBE", "news");
        using var silent = host.Connect();
        silent.Ask("PING");
        Assert.True(silent.IsClosed());
        using var sender = host.Connect();
        Assert.Equal(1L, sender.Ask("PUBLISH", "news", "late"));
        Assert.Equal(["message", "news", "late"], (List<object?>)listener.Read()!);
    }

    [Fact]
    public async Task Off_loopback_without_password_and_TLS_and_with_nowhere_to_listen_it_does_not_start()
    {
        var host = new NodeHost();
        await host.InitializeAsync();
        await using var disposing = host;
        async Task<string> ProblemsOf(StateNodeOptions options) =>
            (await Assert.ThrowsAsync<ArgumentException>(async () => await StateNode.StartAsync(host.Engine, options))).Message;

        var everywhere = new StateNodeOptions { EndPoint = new IPEndPoint(IPAddress.Any, 0) };
        using var certificate = SelfSigned.Certificate();
        Assert.Contains("needs a Password and a Certificate, for TLS", await ProblemsOf(everywhere));
        var both = await ProblemsOf(everywhere with { Password = "long enough", MaxClients = 0, AuthenticationTimeout = TimeSpan.Zero });
        Assert.Contains("needs a Certificate, for TLS", both);
        Assert.Contains("MaxClients", both);
        Assert.Contains("AuthenticationTimeout", both);
        Assert.Contains("needs a Password", await ProblemsOf(everywhere with { Certificate = SslStreamCertificateContext.Create(certificate, null, offline: true) }));
        Assert.Contains("IdleTimeout", await ProblemsOf(new() { UnixSocketPath = "x", IdleTimeout = TimeSpan.Zero }));
        Assert.Contains("Durability", await ProblemsOf(new() { UnixSocketPath = "x", Durability = Durability.Memory }));
        Assert.Contains("listen on", await ProblemsOf(new()));
        (everywhere with { Password = "p", Certificate = SslStreamCertificateContext.Create(certificate, null, offline: true) }).Validate();
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
