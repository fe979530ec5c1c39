using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

using Holdfast.TestServers;

namespace Holdfast.Tests.Node;

public class NodeLimitTests
{
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
        var clock = new StandingClock();
        var host = new NodeHost { EngineOptions = PatientOptions.Default with { Clock = clock } };
        await host.InitializeAsync();
        await using var disposing = host;
        using var client = RawClient.OnPort(host.Node.EndPoint!.Port);
        using var stranger = RawClient.OnPort(host.Node.EndPoint!.Port);
        client.Ask("AUTH", NodeHost.Password);
        Assert.StartsWith("-NOAUTH", (string)stranger.Ask("PING")!);
        stranger.Send("*2\r\n$4\r\nAUTH\r\n$100\r\nsl"u8);
        clock.Move(StateNodeOptions.DefaultAuthenticationTimeout + TimeSpan.FromSeconds(1));
        Assert.True(stranger.IsClosed());
        Assert.Equal("PONG", client.Ask("PING"));
    }

    [Fact]
    public async Task A_client_that_resets_itself_has_the_time_to_authenticate_anew()
    {
        var clock = new StandingClock();
        var host = new NodeHost { EngineOptions = PatientOptions.Default with { Clock = clock } };
        await host.InitializeAsync();
        await using var disposing = host;
        using var client = RawClient.OnPort(host.Node.EndPoint!.Port);
        using var stranger = RawClient.OnPort(host.Node.EndPoint!.Port);
        Assert.Equal("OK", client.Ask("AUTH", NodeHost.Password));
        Assert.StartsWith("-NOAUTH", (string)stranger.Ask("PING")!);
        clock.Move(StateNodeOptions.DefaultAuthenticationTimeout - TimeSpan.FromSeconds(1));
        Assert.Equal("RESET", client.Ask("RESET"));
        clock.Move(TimeSpan.FromSeconds(2));
        Assert.True(stranger.IsClosed());
        Assert.Equal("OK", client.Ask("AUTH", NodeHost.Password));
        Assert.Equal("RESET", client.Ask("RESET"));
        clock.Move(StateNodeOptions.DefaultAuthenticationTimeout + TimeSpan.FromSeconds(1));
        Assert.True(client.IsClosed());
    }

    [Fact]
    public async Task A_client_that_resets_itself_is_a_stranger_to_what_it_has_sent_behind_that()
    {
        var host = new NodeHost();
        await host.InitializeAsync();
        await using var disposing = host;
        using var client = RawClient.OnPort(host.Node.EndPoint!.Port);
        Assert.Equal("OK", client.Ask("AUTH", NodeHost.Password));
        client.Send([.. RawClient.Bytes("ECHO", "a"), .. RawClient.Bytes("RESET"), .. RawClient.Bytes("PING"), .. RawClient.Bytes([.. Enumerable.Repeat("ECHO", 11)]), .. RawClient.Bytes("PING")]);
        Assert.Equal("a", client.Read());
        Assert.Equal("RESET", client.Read());
        Assert.StartsWith("-NOAUTH", (string)client.Read()!);
        Assert.Equal("-ERR Protocol error: unauthenticated multibulk length", client.Read());
        Assert.True(client.IsClosed());
    }

    [Fact]
    public async Task A_client_listens_to_so_many_patterns_and_no_more()
    {
        var host = new NodeHost();
        await host.InitializeAsync();
        await using var disposing = host;
        using var client = host.Connect();
        client.Send(["PSUBSCRIBE", .. Enumerable.Range(0, 1001).Select(static i => $"{i}*")]);
        for (var i = 1; i <= 1000; i++)
        {
            Assert.Equal((long)i, ((List<object?>)client.Read()!)[2]);
        }

        Assert.Equal("-HFLIMIT a client listens to at most 1000 patterns", client.Read());
        Assert.Equal(["subscribe", "news", 1001L], (List<object?>)client.Ask("SUBSCRIBE", "news")!);
        Assert.Equal(["punsubscribe", "7*", 1000L], (List<object?>)client.Ask("PUNSUBSCRIBE", "7*")!);
        Assert.Equal(["psubscribe", "new*", 1001L], (List<object?>)client.Ask("PSUBSCRIBE", "new*")!);
    }

    [Fact]
    public async Task A_scan_takes_small_steps_whatever_it_is_asked_for()
    {
        const int keys = 25_000;
        var host = new NodeHost { Options = new() { Durability = Durability.Written } };
        await host.InitializeAsync();
        await using var disposing = host;
        using var client = host.Connect();
        for (var from = 0; from < keys; from += 500)
        {
            client.Send([.. Enumerable.Range(from, 500).SelectMany(static i => RawClient.Bytes("SET", $"k{i}", "v"))]);
            Assert.All(Enumerable.Range(0, 500), _ => Assert.Equal("OK", client.Read()));
        }

        var found = new HashSet<object?>();
        var cursor = "0";
        do
        {
            var page = (List<object?>)client.Ask("SCAN", cursor, "COUNT", "1000000000")!;
            var told = (List<object?>)page[1]!;
            Assert.InRange(told.Count, 1, 10_000 + (keys / 16 * 2));
            found.UnionWith(told);
            cursor = (string)page[0]!;
        }
        while (cursor != "0");
        Assert.Equal(keys, found.Count);
    }

    [Fact]
    public async Task What_is_read_by_GET_is_used_and_is_not_evicted_before_what_is_not()
    {
        const int keys = 100;
        var clock = new StandingClock();
        var host = new NodeHost
        {
            EngineOptions = PatientOptions.Default with { Clock = clock, MaxMemoryBytes = 4 << 20, EvictableKinds = ["key"] },
            Options = new() { Durability = Durability.Written },
        };
        await host.InitializeAsync();
        await using var disposing = host;
        using var client = host.Connect();
        var value = new string('x', 10_000);
        void Set(string key) => Assert.Equal("OK", client.Ask("SET", key, value));
        void Get(string key) => Assert.Equal(value, client.Ask("GET", key));
        for (var i = 0; i < keys; i++)
        {
            Set($"read/{i}");
            Set($"left/{i}");
        }

        clock.Move(TimeSpan.FromMinutes(10));
        for (var i = 0; i < keys; i++)
        {
            Get($"read/{i}");
        }

        clock.Move(TimeSpan.FromMinutes(1));
        for (var i = 0; host.Engine.MemoryFigures.Evictions == 0; i++)
        {
            Set($"new/{i}");
        }

        for (var i = 0; i < keys; i++)
        {
            Get($"read/{i}");
        }
    }

    [Fact]
    public async Task A_silent_client_is_disconnected_if_that_is_asked_for_unless_it_listens()
    {
        var clock = new StandingClock();
        var host = new NodeHost
        {
            EngineOptions = PatientOptions.Default with { Clock = clock },
            Options = new() { IdleTimeout = TimeSpan.FromSeconds(5) },
        };
        await host.InitializeAsync();
        await using var disposing = host;
        using var listener = host.Connect();
        listener.Ask("SUBSCRIBE", "news");
        using var silent = host.Connect();
        silent.Ask("PING");
        clock.Move(TimeSpan.FromSeconds(6));
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
        await using var engine = await EmbeddedEngine.OpenAsync(Path.Combine(folder, "data"), PatientOptions.Default with { PartitionCount = 1 });
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

    /// <summary>As a process that was killed leaves it: bound by a name that is then moved, as closing would remove it.</summary>
    private static void LeaveSocketBehind(string path)
    {
        using var socket = new System.Net.Sockets.Socket(
            System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(path + ".1"));
        File.Move(path + ".1", path);
    }
}
