using System.Text.Json;
using Holdfast.TestServers;

namespace Holdfast.Cli.Tests.EndToEnd;

/// <summary>What happens when processes die.</summary>
public sealed class DeathTests
{
    private static readonly HttpClient Client = new();

    [Theory]
    [InlineData("node server.js")]
    [InlineData("exec node server.js")]
    [InlineData("true && node server.js; sleep 7000")]
    [InlineData("node server.js & sleep 7000")]
    public async Task An_instance_that_is_killed_is_restarted_at_once_on_another_port(string run)
    {
        using var folder = new TopologyFolder($"gateway: {{ port: 0 }}\nservices:\n  web: {{ run: \"{run}\", replicas: 2 }}");
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("web is ready at ");
        var before = await HoldfastTool.StatusAsync(folder.Path);
        var pipes = PipesOf(tool);
        for (var kill = 0; kill < 3; kill++)
        {
            var seen = tool.Lines.Count;
            HoldfastTool.Signal(before.Instance("web-1").Pid(), "KILL");
            Assert.Contains("| web-1 ", await tool.SeeAsync("; restarted at once", seen), StringComparison.Ordinal);
            await tool.SeeAsync("web-1 is ready", seen);
            var after = await HoldfastTool.StatusAsync(folder.Path);
            Assert.NotEqual(before.Instance("web-1").Url(), after.Instance("web-1").Url());
            Assert.Equal("web-1", await Client.GetStringAsync(after.Instance("web-1").Url()));
            Assert.Equal(before.Instance("web-2").Pid(), after.Instance("web-2").Pid());
            before = after;
        }

        Assert.Equal(pipes, PipesOf(tool));
    }

    [Fact]
    public async Task Requests_go_on_while_instances_are_killed()
    {
        using var folder = new TopologyFolder(TopologyFolder.TwoInstances);
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("web is ready at ");
        var url = (await HoldfastTool.StatusAsync(folder.Path)).GatewayUrl();
        using var enough = new CancellationTokenSource();
        var requests = RequestAsync(url, enough.Token);
        for (var kill = 0; kill < 4; kill++)
        {
            var victim = $"web-{(kill % 2) + 1}";
            var seen = tool.Lines.Count;
            HoldfastTool.Signal((await HoldfastTool.StatusAsync(folder.Path)).Instance(victim).Pid(), "KILL");
            await tool.SeeAsync($"{victim} is ready", seen);
        }

        await enough.CancelAsync();
        Assert.True(await requests > 0);
    }

    [Fact]
    public async Task An_instance_that_keeps_failing_is_restarted_after_longer_and_longer_waits()
    {
        using var folder = new TopologyFolder(TopologyFolder.TwoInstances);
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("web is ready at ");
        folder.Write("server.js", "console.log('out of beans'); process.exit(4)");
        HoldfastTool.Signal((await HoldfastTool.StatusAsync(folder.Path)).Instance("web-1").Pid(), "KILL");
        await tool.SeeAsync("web-1     | out of beans");
        await tool.SeeAsync("web-1 ended before it was ready (exit code 4); restarted in 0.25 s");
        await tool.SeeAsync("restarted in 0.5 s");
        await tool.SeeAsync("restarted in 1 s");
        await tool.SeeAsync("web-1 is in a crash loop: it failed 5 times in a row, and last ended before it was ready (exit code 4). "
            + "Mend what it prints, then put it in place at once by 'holdfast roll web'; its lines are in .holdfast/logs/web-1.log. Until then it is tried every 10 s");
        Assert.Contains("Z out of beans\n", folder.Read(".holdfast/logs/web-1.log"), StringComparison.Ordinal);
        var failed = await tool.StatusWhenAsync(static status => status.Instance("web-1").State() == "failed");
        Assert.True(failed.Instance("web-1").GetProperty("restarts").GetInt32() >= 5);
        Assert.StartsWith("is in a crash loop", failed.Instance("web-1").GetProperty("problem").GetString(), StringComparison.Ordinal);
        Assert.Contains("web-1 is in a crash loop", (await HoldfastTool.RunAsync(folder.Path, "status")).Output, StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, failed.Instance("web-1").GetProperty("pid").ValueKind);
        Assert.Equal("ready", failed.Instance("web-2").State());
        Assert.Equal("web-2", await Client.GetStringAsync(failed.GatewayUrl()));
    }

    [Fact]
    public async Task Killing_the_supervisor_ends_every_process_even_those_that_left_their_group()
    {
        using var folder = new TopologyFolder("""
            gateway: { port: 0, replicas: 2 }
            services:
              web: { run: node server.js, replicas: 2, env: { FAMILY: 1, STUBBORN: 1 } }
            """);
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("web is ready at ");
        Assert.Equal(2, tool.Left().Count(static line => line.Contains("trap", StringComparison.Ordinal)));
        tool.Signal("KILL");
        await tool.NothingLeftAsync();

        // What the dead one left behind is no obstacle.
        await using var again = HoldfastTool.Start(folder.Path, "up");
        await again.SeeAsync("web is ready at ");
    }

    [Fact]
    public async Task A_dead_instance_takes_its_family_along()
    {
        using var folder = new TopologyFolder("""
            gateway: { port: 0 }
            services:
              web: { run: node server.js, env: { FAMILY: 1 } }
            """);
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("web is ready at ");
        var family = Family(tool);
        Assert.NotEmpty(family);
        var victim = (await HoldfastTool.StatusAsync(folder.Path)).Instance("web-1").Pid();
        var seen = tool.Lines.Count;
        HoldfastTool.Signal(victim, "KILL");
        await tool.SeeAsync("web-1 is ready", seen);
        Assert.Empty(Family(tool).Intersect(family));

        static string[] Family(HoldfastTool tool) =>
            [.. tool.Left().Where(static line => line.Contains("sleep 7000", StringComparison.Ordinal))];
    }

    [Fact]
    public async Task The_node_and_the_gateways_are_restarted_and_requests_go_on()
    {
        using var folder = new TopologyFolder(TopologyFolder.TwoInstances.Replace("port: 0", "port: 0, replicas: 2", StringComparison.Ordinal));
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("web is ready at ");
        var before = await HoldfastTool.StatusAsync(folder.Path);
        Assert.Equal(2, before.GatewayPids().Length);

        var seen = tool.Lines.Count;
        HoldfastTool.Signal(before.NodePid(), "KILL");
        Assert.Contains("restarted at once", await tool.SeeAsync("node ended", seen), StringComparison.Ordinal);
        await tool.SeeAsync("node is ready", seen);
        Assert.StartsWith("web-", await Client.GetStringAsync(before.GatewayUrl()), StringComparison.Ordinal);

        // The registry is brought up to date again: a new instance is found.
        Assert.Equal((0, ""), await HoldfastTool.RunAsync(folder.Path, "scale", "web", "3"));
        await WhenAnswersAsync(before.GatewayUrl(), "web-3");

        seen = tool.Lines.Count;
        HoldfastTool.Signal(before.GatewayPids()[0], "KILL");
        await tool.SeeAsync("gateway-1 is ready", seen);
        var after = await HoldfastTool.StatusAsync(folder.Path);
        Assert.Equal(before.GatewayUrl(), after.GatewayUrl());
        Assert.DoesNotContain(before.GatewayPids()[0], after.GatewayPids());
        await WhenAnswersAsync(before.GatewayUrl(), "web-3");
    }

    [Fact]
    public async Task A_second_ctrl_c_ends_what_does_not_want_to()
    {
        using var folder = new TopologyFolder("""
            gateway: { port: 0 }
            services:
              web: { run: node server.js, env: { STUBBORN: 1 } }
            """);
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("web is ready at ");
        tool.Signal("INT");
        await tool.SeeAsync("told to end");
        tool.Signal("INT");
        Assert.Equal(130, await tool.EndAsync());
        await tool.LeavesNothingAsync();
    }

    [Fact]
    public async Task What_does_not_end_when_asked_is_killed_after_the_grace()
    {
        using var folder = new TopologyFolder("""
            gateway: { port: 0 }
            services:
              web: { run: node server.js, env: { STUBBORN: 1, FAMILY: 1 } }
            """);
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("web is ready at ");
        tool.Signal("TERM");
        Assert.Equal(0, await tool.EndAsync());
        await tool.LeavesNothingAsync();
    }

    /// <summary>How many ends of pipes the tool has open.</summary>
    private static int PipesOf(HoldfastTool tool) =>
        Directory.EnumerateFileSystemEntries($"/proc/{tool.Pid}/fd").Count(static file => new FileInfo(file).LinkTarget?.StartsWith("pipe:", StringComparison.Ordinal) == true);

    private static async Task<int> RequestAsync(string url, CancellationToken enough)
    {
        var requests = 0;
        for (; !enough.IsCancellationRequested; requests++)
        {
            using var response = await Client.GetAsync(url, CancellationToken.None);
            Assert.True(response.IsSuccessStatusCode, $"request {requests}: {response.StatusCode}");
        }

        return requests;
    }

    private static async Task WhenAnswersAsync(string url, string instance)
    {
        using var deadline = new CancellationTokenSource(HoldfastTool.Deadline);
        while (await Client.GetStringAsync(url, deadline.Token) != instance)
        {
        }
    }
}
