using System.Net;
using System.Net.WebSockets;
using System.Text;
using Holdfast.TestServers;

namespace Holdfast.Cli.Tests.EndToEnd;

public sealed class ReloadTests
{
    private const string Before = """
        gateway: { port: 0 }
        services:
          api: { run: node server.js, routes: [ /env ] }
          web: { run: node server.js, routes: [ /, /slow ] }
        """;

    private const string After = """
        gateway: { port: 0 }
        services:
          api: { run: node server.js, routes: [ /env, /slow ], gateway: { sticky: /slow } }
          web: { run: node server.js, routes: [ /live, /web ] }
        """;

    [Fact]
    public async Task Routes_and_settings_change_while_it_runs_and_a_file_with_mistakes_changes_nothing()
    {
        using var folder = new TopologyFolder(Before);
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("are ready at ");
        var url = (await HoldfastTool.StatusAsync(folder.Path)).GatewayUrl();
        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = new Uri(url) };
        Assert.False(await IsOfStickyServiceAsync(client));
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(url) { Scheme = "ws", Path = "/live" }.Uri, CancellationToken.None);
        await using var load = new SteadyLoad((other, turn) => other.GetAsync(url + (turn % 2 == 0 ? "/env/PORT" : "/web")));
        await load.GoOnAsync(20);

        folder.Write("holdfast.yaml", After);
        var (code, told) = await HoldfastTool.RunAsync(folder.Path, "reload");
        Assert.Equal(0, code);
        Assert.Contains("routes and settings of api, web are as the file says", told, StringComparison.Ordinal);
        await HoldsAsync(() => IsOfStickyServiceAsync(client));
        await HoldsAsync(() => IsNowhereAsync(client));

        folder.Write("holdfast.yaml", Before.Replace("[ /env ]", "[ env ], gateway: { sticky: nowhere }", StringComparison.Ordinal));
        (code, told) = await HoldfastTool.RunAsync(folder.Path, "reload");
        Assert.Equal(1, code);
        Assert.Contains("nothing was changed", told, StringComparison.Ordinal);
        Assert.Contains("holdfast.yaml:3: ", told, StringComparison.Ordinal);

        // What is written of instances from now on does not take the change back: another one comes, and one that was there goes.
        Assert.Equal(0, (await HoldfastTool.RunAsync(folder.Path, "scale", "api", "2")).Code);
        Assert.Equal(0, (await HoldfastTool.RunAsync(folder.Path, "drain", "api-1")).Code);
        await load.GoOnAsync(200);
        await HoldsAsync(() => IsOfStickyServiceAsync(client));
        await HoldsAsync(() => IsNowhereAsync(client));
        Assert.Empty(load.Failures);
        await socket.SendAsync(Encoding.UTF8.GetBytes("still here"), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        var buffer = new byte[16];
        var echo = await socket.ReceiveAsync(buffer, CancellationToken.None).WaitAsync(HoldfastTool.Deadline);
        Assert.Equal("still here", Encoding.UTF8.GetString(buffer, 0, echo.Count));
    }

    [Fact]
    public async Task What_needs_more_than_that_is_told()
    {
        using var folder = new TopologyFolder(Before);
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("are ready at ");
        folder.Write("holdfast.yaml", Before.Replace("web: { run: node server.js", "other: { run: node server.js --port, health: /healthz", StringComparison.Ordinal)
            .Replace("api: { run: node server.js", "api: { run: node server.js 2, health: /healthz", StringComparison.Ordinal));

        var (code, told) = await HoldfastTool.RunAsync(folder.Path, "reload");

        Assert.Equal(0, code);
        string[] all =
        [
            "web is not in the file any more, and goes on", "api is to be started in another way: 'holdfast roll api'", "the health path of api changes when", "other is new, and starts when",
            "no routes or settings have changed",
        ];
        Assert.All(all, line => Assert.Contains(line, told, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_path_that_goes_from_one_service_to_another_is_never_nowhere_and_a_setting_goes_as_it_came()
    {
        const string Here = """
            gateway: { port: 0, replicas: 2 }
            services:
              api: { run: node server.js, routes: [ /env, /one ] }
              web: { run: node server.js, routes: [ /web, /two ] }
            """;
        const string There = """
            gateway: { port: 0, replicas: 2 }
            services:
              api: { run: node server.js, routes: [ /env, /two ], gateway: { sticky: /env } }
              web: { run: node server.js, routes: [ /web, /one ] }
            """;
        using var folder = new TopologyFolder(Here);
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("are ready at ");
        var url = (await HoldfastTool.StatusAsync(folder.Path)).GatewayUrl();
        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = new Uri(url) };
        await using var load = new SteadyLoad((other, turn) => other.GetAsync(url + (turn % 2 == 0 ? "/one" : "/two")));
        await load.GoOnAsync(20);

        foreach (var (file, owner) in new[] { (There, "web-1"), (Here, "api-1"), (There, "web-1"), (Here, "api-1") })
        {
            folder.Write("holdfast.yaml", file);
            Assert.Equal(0, (await HoldfastTool.RunAsync(folder.Path, "reload")).Code);
            await HoldsAsync(async () => await client.GetStringAsync("/one") == owner);
            await HoldsAsync(async () => await IsStickyAsync(client, "/env/PORT") == (file == There));
        }

        await load.GoOnAsync(20);
        Assert.Empty(load.Failures);
    }

    [Fact]
    public async Task It_waits_for_a_roll_and_holds_nothing_else_up()
    {
        using var folder = new TopologyFolder(Before.Replace("/, /slow ]", "/, /slow ], health: /healthz", StringComparison.Ordinal));
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("are ready at ");
        using var client = new HttpClient { BaseAddress = new Uri((await HoldfastTool.StatusAsync(folder.Path)).GatewayUrl()) };
        folder.Write("holdfast.yaml", After.Replace("/live, /web ]", "/live, /web ], health: /healthz, env: { FAIL: all }", StringComparison.Ordinal));
        await using var roll = HoldfastTool.Start(folder.Path, "roll", "web", "--watch", "60m");
        await tool.SeeAsync("web is rolled");

        await using var reload = HoldfastTool.Start(folder.Path, "reload");
        await reload.SeeAsync("waits until what is done with web is over");
        Assert.Equal(0, (await HoldfastTool.RunAsync(folder.Path, "scale", "api", "2")).Code);

        // The roll would take an hour, unless what is new fails.
        var ending = roll.EndAsync();
        while (!ending.IsCompleted)
        {
            (await client.GetAsync("/web")).Dispose();
        }

        Assert.Equal(1, await ending);
        Assert.Equal(0, await reload.EndAsync());
        Assert.Contains("routes and settings of api, web are as the file says", reload.Output, StringComparison.Ordinal);
        await HoldsAsync(() => IsNowhereAsync(client));
    }

    [Fact]
    public async Task Without_the_store_nothing_changes_and_nothing_changes_later()
    {
        await using var redis = await RedisServer.StartAsync(isTcp: true, isDurable: true);
        using var folder = new TopologyFolder($"state: {redis.ConnectionString}\n{Before}");
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("are ready at ");
        using var client = new HttpClient { BaseAddress = new Uri((await HoldfastTool.StatusAsync(folder.Path)).GatewayUrl()) };
        await redis.KillAsync();

        folder.Write("holdfast.yaml", $"state: {redis.ConnectionString}\n{After}");
        var (code, told) = await HoldfastTool.RunAsync(folder.Path, "reload");
        Assert.Equal(1, code);
        Assert.Contains("nothing was changed: the store is away", told, StringComparison.Ordinal);

        // What was asked for is not done behind one's back. An instance that comes is known after it would have been.
        await redis.RestartAsync();
        await tool.SeeAsync("the state plane answers again");
        Assert.Equal(0, (await HoldfastTool.RunAsync(folder.Path, "scale", "api", "2")).Code);
        await HoldsAsync(async () => await client.GetStringAsync("/env/HOLDFAST_INSTANCE") == "api-2");
        Assert.False(await IsNowhereAsync(client));

        Assert.Equal(0, (await HoldfastTool.RunAsync(folder.Path, "reload")).Code);
        await HoldsAsync(() => IsNowhereAsync(client));
    }

    [Fact]
    public async Task A_path_that_would_lead_to_nobody_changes_nothing()
    {
        using var folder = new TopologyFolder(Before);
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("are ready at ");
        using var client = new HttpClient { BaseAddress = new Uri((await HoldfastTool.StatusAsync(folder.Path)).GatewayUrl()) };

        folder.Write("holdfast.yaml", $"{After}\n  other: {{ run: node server.js, routes: [ / ] }}");
        var (code, told) = await HoldfastTool.RunAsync(folder.Path, "reload");

        Assert.Equal(1, code);
        Assert.Contains("nothing was changed: / would go to or from a service that only a new start brings or ends", told, StringComparison.Ordinal);
        Assert.False(await IsNowhereAsync(client));
    }

    private static Task<bool> IsOfStickyServiceAsync(HttpClient client) => IsStickyAsync(client, "/slow");

    private static async Task<bool> IsStickyAsync(HttpClient client, string path)
    {
        using var response = await client.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return response.Headers.Contains("Set-Cookie");
    }

    private static async Task<bool> IsNowhereAsync(HttpClient client)
    {
        using var response = await client.GetAsync("/elsewhere");
        return response.StatusCode == HttpStatusCode.NotFound;
    }

    private static async Task HoldsAsync(Func<Task<bool>> condition)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < HoldfastTool.Deadline, "What the file says has not come about.");
            await Task.Delay(20);
        }
    }
}
