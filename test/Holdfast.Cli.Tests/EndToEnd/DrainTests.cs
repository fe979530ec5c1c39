using Holdfast.TestServers;

namespace Holdfast.Cli.Tests.EndToEnd;

/// <summary>Draining what scales itself. What does not, is drained in <see cref="RollTests"/>.</summary>
public sealed class DrainTests
{
    [Fact]
    public async Task An_instance_of_the_fewest_that_there_may_be_is_replaced_before_it_leaves_and_no_request_fails()
    {
        using var folder = Folder(min: 1, max: 2);
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("web is ready at ");
        var url = (await HoldfastTool.StatusAsync(folder.Path)).GatewayUrl();
        await using var load = SteadyLoad.Mixed(url);
        await load.GoOnAsync(20);

        var (code, output) = await HoldfastTool.RunAsync(folder.Path, "drain", "web-1");

        Assert.True(code == 0, output);
        Assert.Contains("web-2 is started in the place of web-1: web scales itself and keeps 1 instances at least", output, StringComparison.Ordinal);
        await load.GoOnAsync(100);
        Assert.Empty(load.Failures);
        Assert.Equal("web-2", Assert.Single((await HoldfastTool.StatusAsync(folder.Path)).Instances()).GetProperty("id").GetString());
        Assert.DoesNotContain("is scaled to", tool.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_nobody_can_replace_stays()
    {
        using var folder = Folder(min: 1, max: 1);
        await using var tool = HoldfastTool.Start(folder.Path, new Dictionary<string, string> { ["BREAK"] = "web-2" }, "up");
        await tool.SeeAsync("web is ready at ");

        var (code, output) = await HoldfastTool.RunAsync(folder.Path, "drain", "web-1");

        Assert.Equal(1, code);
        Assert.Contains("web-1 is not drained", output, StringComparison.Ordinal);
        var left = Assert.Single((await HoldfastTool.StatusAsync(folder.Path)).Instances());
        Assert.Equal(("web-1", "ready"), (left.GetProperty("id").GetString(), left.State()));
    }

    private static TopologyFolder Folder(int min, int max) => new($$"""
        gateway: { port: 0 }
        services:
          web: { run: node server.js, replicas: { min: {{min}}, max: {{max}}, target: { requests_per_instance: 100000 } } }
        """);
}
