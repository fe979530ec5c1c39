using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;

namespace Holdfast.Gateway.Tests.Upgrades;

public sealed class WebSocketTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    /// <summary>How long a gateway waits that stops: for a Close, on a machine that is busy too.</summary>
    private static readonly TimeSpan LongDrain = TimeSpan.FromSeconds(100);

    [Fact]
    public async Task A_gateway_that_stops_closes_with_a_reason_between_two_messages()
    {
        await using var rig = await Rig.StartAsync(instances: 1, static options => options with { DrainTimeout = LongDrain });
        using var socket = await ConnectAsync(rig);
        await EchoAsync(socket, "ahoy");

        var stopping = rig.StopGatewayAsync();
        await SeeCloseAsync(socket, "The gateway is going away; connect again.");
        await stopping;
    }

    [Fact]
    public async Task An_instance_that_drains_has_its_clients_connect_elsewhere()
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        using var socket = await ConnectAsync(rig);
        await EchoAsync(socket, "ahoy");
        await rig.JoinAsync("shop-2");

        await rig.SetStateAsync("shop-1", InstanceState.Draining);
        await SeeCloseAsync(socket, "The server is going away; connect again.");

        using var again = await ConnectAsync(rig);
        await EchoAsync(again, "ahoy");
    }

    [Fact]
    public async Task A_Close_of_the_client_passes_and_is_answered_by_the_instance()
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        using var socket = await ConnectAsync(rig);

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", None);

        Assert.Equal(WebSocketState.Closed, socket.State);
        Assert.Equal("done", socket.CloseStatusDescription);
    }

    [Fact]
    public async Task Over_HTTP_2_it_is_the_same()
    {
        await using var rig = await Rig.StartAsync(instances: 1, static options => Tls.Serve(options) with { DrainTimeout = LongDrain });
        using var handler = new HttpMessageInvoker(Tls.Handler());
        using var socket = new ClientWebSocket();
        (socket.Options.HttpVersion, socket.Options.HttpVersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
        await socket.ConnectAsync(new UriBuilder(rig.TlsAddress) { Scheme = "wss", Path = "/live" }.Uri, handler, None);

        await EchoAsync(socket, "ahoy");
        var stopping = rig.StopGatewayAsync();
        await SeeCloseAsync(socket, "The gateway is going away; connect again.");
        await stopping;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_answer_to_its_handshake_has_the_requests_id_and_nothing_of_the_instances_connection(bool isHttp2)
    {
        await using var rig = await Rig.StartAsync(instances: 0, Tls.Serve);
        await using var instance = await RawInstance.JoinAsync(rig, AcceptAsync, Parting.Rest);
        using var handler = new HttpMessageInvoker(Tls.Handler());
        using var socket = new ClientWebSocket();
        (socket.Options.HttpVersion, socket.Options.HttpVersionPolicy) = (isHttp2 ? HttpVersion.Version20 : HttpVersion.Version11, HttpVersionPolicy.RequestVersionExact);
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.SetRequestHeader("X-Request-Id", "my-id");
        await socket.ConnectAsync(new UriBuilder(rig.TlsAddress) { Scheme = "wss" }.Uri, handler, None);

        Assert.Equal(["my-id"], socket.HttpResponseHeaders!["X-Request-Id"]);
        Assert.Equal(["yes"], socket.HttpResponseHeaders["X-Own"]);
        Assert.DoesNotContain("Keep-Alive", socket.HttpResponseHeaders.Keys, StringComparer.OrdinalIgnoreCase);
        Assert.Contains("X-Request-Id: my-id", Assert.Single(instance.Heads), StringComparison.OrdinalIgnoreCase);

        [SuppressMessage("Security", "CA5350", Justification = "RFC 6455 has it, and not for security.")]
        static Task<string> AcceptAsync(string head)
        {
            var key = head.Split('\n').Single(static line => line.StartsWith("Sec-WebSocket-Key: ", StringComparison.Ordinal)).Split(' ')[1].Trim();
            var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
            return Task.FromResult($"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\nKeep-Alive: timeout=5\r\nX-Own: yes\r\n\r\n");
        }
    }

    [Fact]
    public async Task An_instance_that_is_ready_again_after_a_drain_keeps_its_connections()
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        using var first = await ConnectAsync(rig);
        await EchoAsync(first, "ahoy");
        await rig.SetStateAsync("shop-1", InstanceState.Draining);
        await SeeCloseAsync(first, "The server is going away; connect again.");

        await rig.SetStateAsync("shop-1", InstanceState.Ready);

        using var again = await ConnectAsync(rig);
        await EchoAsync(again, "ahoy");
        await EchoAsync(again, "and again");
    }

    [Fact]
    public async Task A_sticky_client_comes_back_to_its_instance_by_requests_and_by_WebSockets()
    {
        await using var rig = await Rig.StartAsync(instances: 3);
        await rig.Registry.DeclareAsync(new ServiceDeclaration("shop", ["/"], "/healthz") { Settings = new Dictionary<string, string> { ["sticky"] = "/live" } });
        await Eventually.HoldsAsync(async () => (await rig.Client.GetAsync("/live")).Headers.Contains("Set-Cookie"));
        var cookies = new CookieContainer();
        using var socket = new ClientWebSocket();
        socket.Options.Cookies = cookies;
        await socket.ConnectAsync(new UriBuilder(rig.Address) { Scheme = "ws", Path = "/live" }.Uri, None);
        await EchoAsync(socket, "ahoy");
        var cookie = Assert.Single(cookies.GetAllCookies());
        Assert.Equal(("hf-instance", "/live", true), (cookie.Name, cookie.Path, cookie.HttpOnly));

        using var handler = new HttpClientHandler { CookieContainer = cookies };
        using var client = new HttpClient(handler) { BaseAddress = rig.Address };
        var seen = new HashSet<string>();
        for (var i = 0; i < 12; i++)
        {
            using var response = await client.GetAsync("/live/more");
            seen.Add(response.Headers.GetValues("X-Instance").Single());
        }

        // It stays as long as the instance does, and then with another one.
        var first = Assert.Single(seen);
        await rig.SetStateAsync(first, InstanceState.Draining);
        await Eventually.HoldsAsync(async () => (await client.GetAsync("/live")).Headers.GetValues("X-Instance").Single() != first);
        using var moved = await client.GetAsync("/live");
        using var again = await client.GetAsync("/live");
        Assert.Equal(moved.Headers.GetValues("X-Instance"), again.Headers.GetValues("X-Instance"));
    }

    private static async Task<ClientWebSocket> ConnectAsync(Rig rig)
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(rig.Address) { Scheme = "ws", Path = "/live" }.Uri, None);
        return socket;
    }

    private static async Task EchoAsync(ClientWebSocket socket, string text)
    {
        await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, None);
        var buffer = new byte[64];
        var received = await socket.ReceiveAsync(buffer, None);
        Assert.Equal(text, Encoding.UTF8.GetString(buffer, 0, received.Count));
    }

    private static async Task SeeCloseAsync(ClientWebSocket socket, string reason)
    {
        var received = await socket.ReceiveAsync(new byte[64], None).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal((WebSocketMessageType.Close, WebSocketCloseStatus.EndpointUnavailable), (received.MessageType, received.CloseStatus));
        Assert.Equal(reason, received.CloseStatusDescription);
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", None);
        }
        catch (WebSocketException)
        {
            // It took this side longer to answer than the other one waits for that.
        }
    }
}
