using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Holdfast.Gateway.Tests;

public sealed class PassThroughTests
{
    [Theory]
    [InlineData("X-Forwarded-For")]
    [InlineData("X-Forwarded-Proto")]
    [InlineData("X-Forwarded-Host")]
    [InlineData("X-Forwarded-Prefix")]
    [InlineData("x_forwarded_for")]
    [InlineData("Forwarded")]
    [InlineData("X-Real-IP")]
    [InlineData("Remote-User")]
    [InlineData("remote_groups")]
    [InlineData("X-Remote-User")]
    [InlineData("X-Auth-Request-User")]
    [InlineData("X-Auth-Request-Email")]
    [InlineData("X-WebAuth-User")]
    [InlineData("SSL-Client-Cert")]
    [InlineData("SSL_CLIENT_VERIFY")]
    [InlineData("X-SSL-Client-S-DN")]
    [InlineData("Proxy")]
    public async Task What_a_client_claims_about_itself_does_not_reach_an_instance(string header)
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Host = "shop.example";
        request.Headers.TryAddWithoutValidation(header, "for=192.0.2.66");

        using var response = await rig.Client.SendAsync(request);
        var headers = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("headers");

        Assert.DoesNotContain("192.0.2.66", headers.ToString());
        Assert.Equal("127.0.0.1", headers.GetProperty("x-forwarded-for").GetString());
        Assert.Equal("http", headers.GetProperty("x-forwarded-proto").GetString());
        Assert.Equal("shop.example", headers.GetProperty("x-forwarded-host").GetString());
        Assert.Equal("shop.example", headers.GetProperty("host").GetString());
    }

    [Fact]
    public async Task Path_query_cookies_and_body_arrive_as_they_were_sent()
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/a%20b/%C3%A4?q=%2F&r=1+2") { Content = new StringContent("äöü") };
        request.Headers.Add("Cookie", "one=1; two=2");

        using var response = await rig.Client.SendAsync(request);
        var seen = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;

        Assert.Equal("/a%20b/%C3%A4?q=%2F&r=1+2", seen.GetProperty("url").GetString());
        Assert.Equal("one=1; two=2", seen.GetProperty("headers").GetProperty("cookie").GetString());
        Assert.Equal("äöü", seen.GetProperty("body").GetString());
    }

    [Theory]
    [InlineData(4_096)]
    [InlineData(70_000)]
    [InlineData(3_000_000)]
    public async Task A_body_of_any_size_arrives_whole_in_both_directions(int bytes)
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        var sent = string.Concat(Enumerable.Range(0, bytes / 8).Select(static i => i.ToString("x8")));

        using var response = await rig.Client.PutAsync("/", new StringContent(sent));

        Assert.Equal(sent, JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("body").GetString());
    }

    [Fact]
    public async Task A_streamed_answer_is_passed_on_as_it_comes()
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        using var response = await rig.Client.GetAsync("/stream", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());

        var first = new char[5];
        await reader.ReadBlockAsync(first);
        Assert.Equal("first", new string(first));

        await rig.AskAsync("/release");
        Assert.Equal("last", await reader.ReadToEndAsync());
    }

    [Fact]
    public async Task A_WebSocket_passes_through()
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(rig.Address) { Scheme = "ws", Path = "/live" }.Uri, default);

        await socket.SendAsync(Encoding.UTF8.GetBytes("ahoy"), WebSocketMessageType.Text, endOfMessage: true, default);
        var buffer = new byte[16];
        var received = await socket.ReceiveAsync(buffer, default);

        Assert.Equal("ahoy", Encoding.UTF8.GetString(buffer, 0, received.Count));
    }

    [Fact]
    public async Task A_path_that_no_service_takes_is_not_found()
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        await rig.Registry.DeclareAsync(new ServiceDeclaration(Rig.Shop.Name, ["/shop"], "/healthz"));
        await Eventually.HoldsAsync(async () => (await rig.Client.GetAsync("/elsewhere")).StatusCode == HttpStatusCode.NotFound);

        Assert.Equal(HttpStatusCode.NotFound, (await rig.Client.GetAsync("/shopping")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await rig.Client.GetAsync("/shop/cart")).StatusCode);
    }
}
