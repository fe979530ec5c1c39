using System.Net;
using System.Net.Http.Json;
using Holdfast.EndToEnd.Tests.Processes;
using Holdfast.TestServers;

namespace Holdfast.EndToEnd.Tests;

/// <summary>A session that is ended through one gateway, or from the command line, is over through another, which has a port of its own.</summary>
public sealed class RevocationTests : IAsyncLifetime
{
    private const int Rounds = 5;

    /// <summary>Ten times what is promised.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    private readonly string folder = Directory.CreateTempSubdirectory("holdfast-e2e-gateway-").FullName;
    private readonly CookieContainer jar = new();
    private readonly int port = FreePort.Next();
    private HttpClient browser = null!;
    private NodeServer node = null!;
    private Topology topology = null!;
    private HoldfastTool gateway = null!;

    public async ValueTask InitializeAsync()
    {
        browser = new HttpClient(new SocketsHttpHandler { CookieContainer = jar });
        node = await NodeServer.StartAsync();
        topology = await Topology.StartAsync(node.ConnectionString);
        gateway = HoldfastTool.Start(folder, "gateway", "--port", $"{port}", "--state", node.ConnectionString);
        await gateway.SeeAsync("ready on");
    }

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await gateway.DisposeAsync();
        await topology.DisposeAsync();
        await node.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    [Trait("Attack", "A17")]
    public Task What_is_ended_from_the_command_line_is_401_through_the_other_gateway() => EndAsync(async (user, _) =>
    {
        var (code, told) = await HoldfastTool.RunAsync(folder, "sessions", "end", "--user", user, "--all", "--state", node.ConnectionString);
        Assert.True(code == 0, told);
    });

    [Fact]
    [Trait("Attack", "A17")]
    public Task What_signs_out_through_one_gateway_is_401_through_the_other_for_whoever_kept_the_cookies() => EndAsync(async (_, cookies) =>
    {
        using var response = await SendAsync(HttpMethod.Post, new Uri(topology.Url, "/api/logout"), cookies);
        response.EnsureSuccessStatusCode();
    });

    private async Task EndAsync(Func<string, string, Task> end)
    {
        var other = new Uri($"http://127.0.0.1:{port}/api/me");
        for (var round = 0; round < Rounds; round++)
        {
            var user = $"user-{round}";
            using var signedIn = await browser.PostAsJsonAsync(new Uri(topology.Url, "/api/login"), new { user });
            signedIn.EnsureSuccessStatusCode();
            var cookies = jar.GetCookieHeader(topology.Url);

            // Every instance has seen it, so that none has to ask the store for it.
            for (var i = 0; i < 4 * Topology.Instances; i++)
            {
                using var seen = await SendAsync(HttpMethod.Get, other, cookies);
                Assert.Equal(HttpStatusCode.OK, seen.StatusCode);
            }

            await end(user, cookies);
            var ended = TimeProvider.System.GetTimestamp();
            for (var refused = 0; refused < 4 * Topology.Instances;)
            {
                using var seen = await SendAsync(HttpMethod.Get, other, cookies);
                Assert.True(seen.StatusCode is HttpStatusCode.OK or HttpStatusCode.Unauthorized, $"{seen.StatusCode}");
                refused = seen.StatusCode == HttpStatusCode.Unauthorized ? refused + 1 : 0;
                Assert.True(refused > 0 || TimeProvider.System.GetElapsedTime(ended) < Bound, "The session is still let in.");
            }
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri url, string cookies)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false });
        using var request = new HttpRequestMessage(method, url) { Headers = { { "Cookie", cookies } } };
        return await http.SendAsync(request);
    }
}
