using System.Net;
using System.Text.Json;
using Holdfast.TestServers;

namespace Holdfast.Cli.Tests.EndToEnd;

/// <summary>A topology that starts, runs and stops as it should.</summary>
public sealed class UpTests
{
    private static readonly HttpClient Client = new();

    [Fact]
    public async Task Up_starts_everything_and_tells_the_address_and_ctrl_c_stops_it_in_order()
    {
        using var folder = new TopologyFolder(TopologyFolder.TwoInstances);
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        var ready = await tool.SeeAsync("web is ready at ");
        var url = ready[(ready.IndexOf("http", StringComparison.Ordinal))..];
        await BothAnswerAsync(url);

        tool.Signal("INT");
        Assert.Equal(0, await tool.EndAsync());
        await tool.LeavesNothingAsync();
        var lines = tool.Lines.ToList();
        int[] order = [.. ((string[])["gateway-1 has stopped", "| told to end", "web-1 has stopped", "node has stopped"])
            .Select(text => lines.FindIndex(line => line.Contains(text, StringComparison.Ordinal)))];
        Assert.DoesNotContain(-1, order);
        Assert.Equal(order.Order(), order);
        Assert.DoesNotContain("restarted", tool.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_tells_scripts_what_runs()
    {
        using var folder = new TopologyFolder(TopologyFolder.TwoInstances);
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("web is ready at ");
        var status = await HoldfastTool.StatusAsync(folder.Path);

        Assert.Equal(["gateway", "state", "services"], Names(status));
        Assert.Equal(["url", "pids", "processes"], Names(status.GetProperty("gateway")));
        Assert.Equal(["url", "pid"], Names(status.GetProperty("state")));
        Assert.Single(status.GatewayPids());
        Assert.Equal($"redis+unix://{folder.Path}/.holdfast/node.sock", status.GetProperty("state").GetProperty("url").GetString());
        var web = status.GetProperty("services").EnumerateArray().Single();
        Assert.Equal(["name", "openBreakers", "instances"], Names(web));
        Assert.Equal(0, web.GetProperty("openBreakers").GetArrayLength());
        Assert.Equal(2, status.Instances().Length);
        foreach (var instance in status.Instances())
        {
            Assert.Equal(["id", "pid", "url", "state", "restarts", "problem"], Names(instance));
            Assert.Equal("ready", instance.State());
            Assert.Equal(instance.GetProperty("id").GetString(), await Client.GetStringAsync(instance.Url()));
            Assert.Contains("node\0server.js", File.ReadAllText($"/proc/{instance.Pid()}/cmdline"), StringComparison.Ordinal);
        }

        foreach (string[] arguments in (string[][])[["status", "--topology", folder.Path], ["status", folder.Path]])
        {
            var (code, table) = await HoldfastTool.RunAsync("/", arguments);
            Assert.Equal(0, code);
            Assert.Contains("web-2", table, StringComparison.Ordinal);
        }

        Assert.Equal((0, ""), await HoldfastTool.RunAsync("/", "down", folder.Path));
        Assert.Equal(0, await tool.EndAsync());
    }

    [Fact]
    public async Task Status_tells_the_routes_whose_requests_are_turned_away_because_nothing_answers_them()
    {
        using var folder = new TopologyFolder("""
            gateway: { port: 0 }
            services:
              web: { run: node server.js, health: /healthz, routes: [ /, /slow ], gateway: { deadline: 200ms } }
            """);
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("web is ready at ");
        var url = (await HoldfastTool.StatusAsync(folder.Path)).GatewayUrl();

        // What takes a second is answered too late each time.
        using (var late = await Client.GetAsync(url + "/slow"))
        {
            Assert.Equal(HttpStatusCode.GatewayTimeout, late.StatusCode);
        }

        await using (new SteadyLoad((client, _) => client.GetAsync(url + "/slow")))
        {
            await tool.StatusWhenAsync(static status => status.OpenBreakers().SequenceEqual(["/slow"]));

            // On a busy machine a breaker may close for a moment.
            const string Told = "Requests to /slow of web fail: gateways turn nearly all of them away (503) until one succeeds.";
            var began = TimeProvider.System.GetTimestamp();
            string text;
            do
            {
                (var code, text) = await HoldfastTool.RunAsync(folder.Path, "status");
                Assert.Equal(0, code);
            }
            while (!text.Contains(Told, StringComparison.Ordinal) && TimeProvider.System.GetElapsedTime(began) < HoldfastTool.Deadline);

            Assert.Contains(Told, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Instances_are_told_their_port_name_and_state_plane_and_secrets_are_shown_nowhere()
    {
        using var folder = new TopologyFolder("""
            gateway: { port: 0 }
            services:
              web: { run: node server.js, env: { COLOUR: light blue } }
            """);
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("web is ready at ");
        var status = await HoldfastTool.StatusAsync(folder.Path);
        var url = status.Instance("web-1").Url();
        Task<string> Variable(string name) => Client.GetStringAsync($"{url}/env/{name}");

        Assert.Equal(new Uri(url).Port.ToString(), await Variable("PORT"));
        Assert.Equal(url, await Variable("ASPNETCORE_URLS"));
        Assert.Equal("web-1", await Variable("HOLDFAST_INSTANCE"));
        Assert.Equal("light blue", await Variable("COLOUR"));
        Assert.Equal($"redis+unix://{folder.Path}/.holdfast/node.sock", await Variable("HOLDFAST_STATE"));
        var password = folder.Read(".holdfast/node.password");
        Assert.StartsWith($"redis://:{password}@127.0.0.1:", await Variable("REDIS_URL"), StringComparison.Ordinal);

        Assert.True(password.Length >= 20);
        Assert.DoesNotContain(password, tool.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(password, status.ToString(), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder.Path, ".holdfast/node.password")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder.Path, ".holdfast/control.sock")));
    }

    [Fact]
    public async Task Down_returns_when_everything_is_down_and_the_folder_can_be_used_again()
    {
        using var folder = new TopologyFolder(TopologyFolder.TwoInstances);
        await using (var tool = HoldfastTool.Start(folder.Path, "up"))
        {
            await tool.SeeAsync("web is ready at ");
            Assert.Equal((0, ""), await HoldfastTool.RunAsync(folder.Path, "down"));
            await tool.LeavesNothingAsync();
            Assert.Equal(0, await tool.EndAsync());
        }

        var password = folder.Read(".holdfast/node.password");
        await using var again = HoldfastTool.Start(folder.Path, "up");
        await again.SeeAsync("web is ready at ");
        Assert.Equal(password, folder.Read(".holdfast/node.password"));
    }

    [Fact]
    public async Task A_second_up_in_the_same_folder_names_the_first_and_ends()
    {
        using var folder = new TopologyFolder(TopologyFolder.TwoInstances);
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("web is ready at ");
        var (code, output) = await HoldfastTool.RunAsync(folder.Path, "up");
        Assert.Equal(1, code);
        Assert.Contains($"(pid {tool.Pid})", output, StringComparison.Ordinal);
        Assert.Contains("holdfast down", output, StringComparison.Ordinal);
        Assert.Equal(2, (await HoldfastTool.StatusAsync(folder.Path)).Instances().Length);
    }

    [Fact]
    public async Task Scale_returns_when_new_instances_serve_and_when_others_are_gone()
    {
        using var folder = new TopologyFolder(TopologyFolder.TwoInstances);
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("web is ready at ");
        Assert.Equal((0, ""), await HoldfastTool.RunAsync(folder.Path, "scale", "web", "4"));
        var grown = await HoldfastTool.StatusAsync(folder.Path);
        Assert.Equal(["web-1", "web-2", "web-3", "web-4"], grown.Instances().Select(static item => item.GetProperty("id").GetString()));
        Assert.All(grown.Instances(), static instance => Assert.Equal("ready", instance.State()));

        // Requests that are under way while instances leave are answered.
        var slow = Enumerable.Range(0, 8).Select(_ => Client.GetStringAsync($"{grown.GatewayUrl()}/slow")).ToArray();
        Assert.Equal((0, ""), await HoldfastTool.RunAsync(folder.Path, "scale", "web", "1"));
        Assert.All(await Task.WhenAll(slow), static answer => Assert.Equal("slow answer", answer));
        var shrunk = await HoldfastTool.StatusAsync(folder.Path);
        Assert.Equal("web-1", Assert.Single(shrunk.Instances()).GetProperty("id").GetString());
        Assert.All(grown.Instances().Skip(1), static instance => Assert.False(HoldfastTool.IsRunning(instance.Pid())));

        var (code, output) = await HoldfastTool.RunAsync(folder.Path, "scale", "wep", "2");
        Assert.Equal(1, code);
        Assert.Contains("there is no service 'wep': there are web", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_whose_path_is_too_long_for_sockets_works_all_the_same()
    {
        using var folder = new TopologyFolder(TopologyFolder.TwoInstances, subfolder: new string('x', 120));
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("web is ready at ");
        var status = await HoldfastTool.StatusAsync(folder.Path);
        var socket = status.GetProperty("state").GetProperty("url").GetString()!["redis+unix://".Length..];
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(socket)!));
        Assert.Equal((0, ""), await HoldfastTool.RunAsync(folder.Path, "down"));
        Assert.False(Directory.Exists(Path.GetDirectoryName(socket)));
    }

    [Fact]
    public async Task A_store_that_runs_elsewhere_is_used_and_its_password_is_not_shown()
    {
        await using var redis = await RedisServer.StartAsync(isTcp: true, isDurable: true, password: "open sesame");
        using var folder = new TopologyFolder($"state: {redis.ConnectionString}\n{TopologyFolder.TwoInstances}");
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        var ready = await tool.SeeAsync("web is ready at ");
        await BothAnswerAsync(ready[(ready.IndexOf("http", StringComparison.Ordinal))..]);
        var status = await HoldfastTool.StatusAsync(folder.Path);
        Assert.Equal($"redis://127.0.0.1:{redis.Port}", status.GetProperty("state").GetProperty("url").GetString());
        Assert.Equal(JsonValueKind.Null, status.GetProperty("state").GetProperty("pid").ValueKind);
        Assert.Equal(redis.ConnectionString, await Client.GetStringAsync($"{status.Instance("web-1").Url()}/env/HOLDFAST_STATE"));
        Assert.DoesNotContain("sesame", tool.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_comes_a_moment_later_is_waited_for()
    {
        await using var redis = await RedisServer.StartAsync(isTcp: true, isDurable: true);
        await redis.KillAsync();
        using var folder = new TopologyFolder($"state: {redis.ConnectionString}\n{TopologyFolder.TwoInstances}");
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync($"the state plane redis://127.0.0.1:{redis.Port} does not answer, and is asked for 20 s: ");
        await redis.RestartAsync();
        var ready = await tool.SeeAsync("web is ready at ");
        await BothAnswerAsync(ready[(ready.IndexOf("http", StringComparison.Ordinal))..]);
    }

    /// <summary>Returns once both instances have answered, and no other. The gateway hears of them one after the other.</summary>
    private static async Task BothAnswerAsync(string url)
    {
        using var deadline = new CancellationTokenSource(HoldfastTool.Deadline);
        var answers = new SortedSet<string>(StringComparer.Ordinal);
        while (answers.Count < 2)
        {
            answers.Add(await Client.GetStringAsync(url, deadline.Token));
        }

        Assert.Equal(["web-1", "web-2"], answers);
    }

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(static property => property.Name);
}
