using System.Globalization;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Holdfast.TestServers;

namespace Holdfast.Cli.Tests.EndToEnd;

/// <summary>Instances are replaced while they serve. They end at once when they are told to: whatever they had then would be lost.</summary>
public sealed class RollTests
{
    private const string Web = """
        gateway: { port: 0, replicas: 2 }
        services:
          web: { run: node server.js, replicas: 2, health: /healthz, env: { VERSION: 1 } }
        """;

    private static readonly HttpClient Client = new() { Timeout = HoldfastTool.Deadline };

    [Fact]
    public async Task A_roll_replaces_every_instance_and_no_request_fails()
    {
        using var folder = new TopologyFolder(Web);
        await using var tool = await UpAsync(folder);
        var before = await HoldfastTool.StatusAsync(folder.Path);
        await using var load = SteadyLoad.Mixed(before.GatewayUrl());
        await load.GoOnAsync(100);

        SetVersion(folder, "VERSION: 2");
        var (code, output) = await HoldfastTool.RunAsync(folder.Path, "roll", "web", "--watch", "1s");
        await load.GoOnAsync(100);

        Assert.True(code == 0, output);
        Assert.Contains("web-3 serves, web-1 has gone (1 of 2)", output, StringComparison.Ordinal);
        Assert.Contains("web-1 serves, web-2 has gone (2 of 2)", output, StringComparison.Ordinal);
        Assert.Empty(load.Failures);
        var after = await HoldfastTool.StatusAsync(folder.Path);
        Assert.Equal(["2", "2"], await VersionsAsync(after));
        Assert.All(before.Instances(), static instance => Assert.False(HoldfastTool.IsRunning(instance.Pid())));
        Assert.DoesNotContain("restarted", tool.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_a_new_instance_does_not_become_healthy_all_goes_back_to_what_was()
    {
        using var folder = new TopologyFolder(Web);
        await using var tool = await UpAsync(folder);
        await using var load = SteadyLoad.Mixed((await HoldfastTool.StatusAsync(folder.Path)).GatewayUrl());

        // The first new one, web-3, is well, and the second one is not.
        SetVersion(folder, "VERSION: 2, BREAK: web-1");
        var (code, output) = await HoldfastTool.RunAsync(folder.Path, "roll", "web", "--watch", "0s");
        await load.GoOnAsync(50);

        Assert.Equal(1, code);
        Assert.Contains("web-3 serves, web-1 has gone (1 of 2)", output, StringComparison.Ordinal);
        Assert.Contains("web-1 ended before it was ready (exit code 3); its last lines:\n    this version is broken", output, StringComparison.Ordinal);
        Assert.Contains("web-1 serves as before, web-3 has gone", output, StringComparison.Ordinal);
        Assert.Equal(["1", "1"], await VersionsAsync(await HoldfastTool.StatusAsync(folder.Path)));
        Assert.Empty(load.Failures);
    }

    [Fact]
    public async Task A_version_that_fails_requests_is_taken_back_before_an_old_instance_goes()
    {
        using var folder = new TopologyFolder(Web);
        await using var tool = await UpAsync(folder);
        var before = await HoldfastTool.StatusAsync(folder.Path);
        await using var load = SteadyLoad.Mixed(before.GatewayUrl());

        SetVersion(folder, "VERSION: 2, FAIL: all");
        var (code, output) = await HoldfastTool.RunAsync(folder.Path, "roll", "web", "--watch", "60m");

        Assert.Equal(1, code);
        Assert.Matches(@"web-3 failed \d+ of \d+ requests, and what they replace 0 of \d+ requests", output);
        Assert.Contains("web runs as before: no instance was replaced", output, StringComparison.Ordinal);
        var after = await HoldfastTool.StatusAsync(folder.Path);
        Assert.Equal(before.Instances().Select(static instance => instance.Pid()), after.Instances().Select(static instance => instance.Pid()));
        Assert.All(load.Failures, static failure => Assert.Contains(": 500 ", failure, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_that_can_not_be_used_changes_nothing()
    {
        using var folder = new TopologyFolder(Web);
        await using var tool = await UpAsync(folder);
        folder.Write("holdfast.yaml", Web.Replace("node server.js", "nod server.js", StringComparison.Ordinal).Replace("health", "heath", StringComparison.Ordinal));
        var (code, output) = await HoldfastTool.RunAsync(folder.Path, "roll", "web");
        Assert.Equal(1, code);
        Assert.Contains("web is not rolled, nothing was changed", output, StringComparison.Ordinal);
        Assert.Contains("holdfast.yaml:3: service web has no key 'heath': did you mean 'health'?", output, StringComparison.Ordinal);
        Assert.Contains("holdfast.yaml:3: command nod was not found", output, StringComparison.Ordinal);
        Assert.Contains("there is no service 'wep': there are web", (await HoldfastTool.RunAsync(folder.Path, "roll", "wep")).Output, StringComparison.Ordinal);
        Assert.Equal(2, (await HoldfastTool.StatusAsync(folder.Path)).Instances().Length);
    }

    [Fact]
    public async Task A_roll_builds_first_and_replaces_nothing_when_that_fails()
    {
        const string Built = "gateway: { port: 0 }\nservices:\n  web: { build: 'cp server.js made-1.js', run: node made-1.js, health: /healthz, env: { VERSION: 1 } }";
        using var folder = new TopologyFolder(Built);
        await using var tool = await UpAsync(folder);
        var before = await HoldfastTool.StatusAsync(folder.Path);

        folder.Write("holdfast.yaml", Built.Replace("cp ", "echo no such type; exit 6; cp ", StringComparison.Ordinal).Replace('1', '2'));
        var (code, output) = await HoldfastTool.RunAsync(folder.Path, "roll", "web", "--watch", "0s");

        Assert.Equal(1, code);
        Assert.Contains("the build of web failed (exit code 6): echo no such type; exit 6; cp server.js made-2.js; its last lines:\n    no such type\n", output, StringComparison.Ordinal);
        Assert.Contains("web is not rolled: its instances are those that it had", output, StringComparison.Ordinal);
        var after = await HoldfastTool.StatusAsync(folder.Path);
        Assert.Equal(before.Instance("web-1").Pid(), Assert.Single(after.Instances()).Pid());
        Assert.Equal(["1"], await VersionsAsync(after));

        folder.Write("holdfast.yaml", Built.Replace('1', '2'));
        (code, output) = await HoldfastTool.RunAsync(folder.Path, "roll", "web", "--watch", "0s");

        Assert.True(code == 0, output);
        Assert.Contains("web is built: cp server.js made-2.js", output, StringComparison.Ordinal);
        Assert.Equal(["2"], await VersionsAsync(await HoldfastTool.StatusAsync(folder.Path)));
    }

    [Fact]
    public async Task A_build_that_hangs_ends_with_the_command_that_asked_for_it()
    {
        const string Built = "gateway: { port: 0 }\nservices:\n  web: { build: 'true', run: node server.js, health: /healthz }";
        using var folder = new TopologyFolder(Built);
        await using var tool = await UpAsync(folder);
        folder.Write("holdfast.yaml", Built.Replace("'true'", "'echo hangs at $$; sleep 1000'", StringComparison.Ordinal));
        await using (var roll = HoldfastTool.Start(folder.Path, "roll", "web"))
        {
            var line = await tool.SeeAsync("web build | hangs at ");
            roll.Signal("INT");
            await roll.EndAsync();
            await tool.SeeAsync("web is not rolled: its build was given up with the command that had asked for it");
            var build = int.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
            Assert.False(HoldfastTool.IsRunning(build));
        }

        var (code, output) = await HoldfastTool.RunAsync(folder.Path, "scale", "web", "2");
        Assert.True(code == 0, output);
    }

    [Fact]
    public async Task An_upload_that_is_under_way_is_finished_and_a_WebSocket_is_told_to_connect_again()
    {
        // One gateway: that it has closed the one connection means that it gives the next one to another instance.
        using var folder = new TopologyFolder(Web.Replace("replicas: 2", "replicas: 1", StringComparison.Ordinal));
        await using var tool = await UpAsync(folder);
        var url = (await HoldfastTool.StatusAsync(folder.Path)).GatewayUrl();
        using var socket = await ConnectAsync(url);
        Assert.Equal("hello", await EchoAsync(socket, "hello"));
        var rest = new TaskCompletionSource();
        var upload = Client.PostAsync(url + "/upload", new PausedUpload(rest.Task));
        await tool.SeeAsync("upload to web-1");

        var roll = HoldfastTool.RunAsync(folder.Path, "roll", "web", "--watch", "0s");
        var buffer = new byte[256];
        var close = await socket.ReceiveAsync(buffer, CancellationToken.None).WaitAsync(HoldfastTool.Deadline);
        Assert.Equal((WebSocketMessageType.Close, WebSocketCloseStatus.EndpointUnavailable), (close.MessageType, close.CloseStatus));
        Assert.Equal("The server is going away; connect again.", close.CloseStatusDescription);
        using var next = await ConnectAsync(url);
        Assert.Equal("again", await EchoAsync(next, "again"));
        Assert.Equal("draining", (await HoldfastTool.StatusAsync(folder.Path)).Instance("web-1").State());

        rest.SetResult();
        using var answer = await upload;
        Assert.Equal($"{PausedUpload.Length}", await answer.Content.ReadAsStringAsync());
        Assert.Equal(0, (await roll).Code);
    }

    [Fact]
    public async Task Gateways_that_cannot_read_the_registry_replace_none()
    {
        await using var redis = await RedisServer.StartAsync(isTcp: true, isDurable: true);
        using var folder = new TopologyFolder($"state: {redis.ConnectionString}\n{Web}");
        await using var tool = HoldfastTool.Start(folder.Path, "up", "--ready-timeout", "20");
        await tool.SeeAsync("web is ready at ");
        var before = await HoldfastTool.StatusAsync(folder.Path);
        await redis.KillAsync();

        var (code, output) = await HoldfastTool.RunAsync(folder.Path, "roll", "gateway");

        Assert.Equal(1, code);
        Assert.Contains("could not read the registry within 20 s", output, StringComparison.Ordinal);
        var after = await HoldfastTool.StatusAsync(folder.Path);
        Assert.Equal(before.GatewayPids(), after.GatewayPids());
        Assert.StartsWith("web-", await Client.GetStringAsync(after.GatewayUrl()), StringComparison.Ordinal);
        var table = (await HoldfastTool.RunAsync(folder.Path, "status")).Output;
        Assert.Matches("gateway-1 +ready", table);
        await tool.SeeAsync("gateway-3 has stopped");
    }

    [Fact]
    public async Task What_is_drained_finishes_what_it_has_and_does_not_come_back()
    {
        using var folder = new TopologyFolder(Web);
        await using var tool = await UpAsync(folder);
        var before = await HoldfastTool.StatusAsync(folder.Path);
        var slow = Enumerable.Range(0, 8).Select(_ => Client.GetStringAsync($"{before.GatewayUrl()}/slow")).ToArray();
        Assert.Equal((0, ""), await HoldfastTool.RunAsync(folder.Path, "drain", "web-1"));
        Assert.All(await Task.WhenAll(slow), static answer => Assert.Equal("slow answer", answer));
        Assert.Equal((0, ""), await HoldfastTool.RunAsync(folder.Path, "drain", "gateway-2"));

        var after = await HoldfastTool.StatusAsync(folder.Path);
        Assert.Equal("web-2", Assert.Single(after.Instances()).GetProperty("id").GetString());
        Assert.Single(after.GatewayPids());
        Assert.Equal("web-2", await Client.GetStringAsync(after.GatewayUrl()));
        Assert.Contains("web-2 is the only instance of web", (await HoldfastTool.RunAsync(folder.Path, "drain", "web-2")).Output, StringComparison.Ordinal);
        Assert.Contains("scale gateway 2", (await HoldfastTool.RunAsync(folder.Path, "drain", "gateway-1")).Output, StringComparison.Ordinal);
        Assert.Contains("there are web-2, gateway-1", (await HoldfastTool.RunAsync(folder.Path, "drain", "web-1")).Output, StringComparison.Ordinal);

        Assert.Equal((0, ""), await HoldfastTool.RunAsync(folder.Path, "scale", "gateway", "2"));
        Assert.Equal(2, (await HoldfastTool.StatusAsync(folder.Path)).GatewayPids().Length);
    }

    [Fact]
    public async Task What_is_drained_when_all_goes_down_finishes_what_it_has()
    {
        using var folder = new TopologyFolder(Web.Replace("replicas: 2 }\nservices", "drain: 60s }\nservices", StringComparison.Ordinal));
        await using var tool = await UpAsync(folder);
        var url = (await HoldfastTool.StatusAsync(folder.Path)).GatewayUrl();
        var rest = new TaskCompletionSource();
        var upload = Client.PostAsync(url + "/upload", new PausedUpload(rest.Task));
        var line = await tool.SeeAsync("upload to web-");
        var holder = line[line.LastIndexOf("web-", StringComparison.Ordinal)..];
        var drain = HoldfastTool.RunAsync(folder.Path, "drain", holder);
        await tool.SeeAsync($"{holder} is drained");

        var down = HoldfastTool.RunAsync(folder.Path, "down");
        await RefusedAsync(new Uri(url));
        rest.SetResult();

        using var answer = await upload;
        Assert.Equal($"{PausedUpload.Length}", await answer.Content.ReadAsStringAsync());
        Assert.Equal((0, ""), await down);
        Assert.Equal(0, await tool.EndAsync());
        await drain;
        var lines = tool.Lines.ToList();
        var gatewayEnd = lines.FindIndex(static line => line.Contains("gateway-1 has stopped", StringComparison.Ordinal));
        Assert.InRange(gatewayEnd, 0, lines.FindIndex(line => line.Contains(holder, StringComparison.Ordinal) && line.Contains("told to end", StringComparison.Ordinal)));
    }

    /// <summary>Returns once nothing listens there.</summary>
    private static async Task RefusedAsync(Uri url)
    {
        for (var began = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(began) < HoldfastTool.Deadline; await Task.Delay(20))
        {
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync(url.Host, url.Port);
            }
            catch (SocketException)
            {
                return;
            }
        }

        throw new TimeoutException($"{url} takes connections still.");
    }

    private static async Task<HoldfastTool> UpAsync(TopologyFolder folder)
    {
        var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("web is ready at ");
        return tool;
    }

    private static void SetVersion(TopologyFolder folder, string variables) =>
        folder.Write("holdfast.yaml", Web.Replace("VERSION: 1", variables, StringComparison.Ordinal));

    private static async Task<string[]> VersionsAsync(JsonElement status) =>
        await Task.WhenAll(status.Instances().Select(static instance => Client.GetStringAsync(instance.Url() + "/env/VERSION")));

    private static async Task<ClientWebSocket> ConnectAsync(string url)
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri(url.Replace("http", "ws", StringComparison.Ordinal)), CancellationToken.None).WaitAsync(HoldfastTool.Deadline);
        return socket;
    }

    private static async Task<string> EchoAsync(ClientWebSocket socket, string text)
    {
        await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        var buffer = new byte[256];
        var message = await socket.ReceiveAsync(buffer, CancellationToken.None).WaitAsync(HoldfastTool.Deadline);
        return Encoding.UTF8.GetString(buffer, 0, message.Count);
    }
}
