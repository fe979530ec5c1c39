using Holdfast.TestServers;

namespace Holdfast.Cli.Tests.EndToEnd;

public sealed class AutoscaleTests
{
    [Theory]
    [InlineData("requests_per_instance: 1")]
    [InlineData("latency: 1ms")]
    [InlineData("cpu: 1%")]
    public async Task A_service_that_scales_itself_has_more_instances_under_load_and_no_request_fails(string target)
    {
        using var folder = new TopologyFolder($$"""
            gateway: { port: 0 }
            services:
              web: { run: node server.js, replicas: { min: 1, max: 2, target: { {{target}} } } }
            """);
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("web is ready at ");
        var (code, output) = await HoldfastTool.RunAsync(folder.Path, "scale", "web", "2");
        Assert.Equal(1, code);
        Assert.Contains("web scales itself between 1 and 2 instances", output, StringComparison.Ordinal);

        // Slow requests keep a latency, and quick ones a processor.
        var url = (await HoldfastTool.StatusAsync(folder.Path)).GatewayUrl();
        await using var load = target.StartsWith("latency", StringComparison.Ordinal)
            ? new SteadyLoad((client, _) => client.GetAsync(url + "/slow"))
            : SteadyLoad.Mixed(url);
        Assert.Contains("is wanted)", await tool.SeeAsync("web is scaled to 2 ("), StringComparison.Ordinal);
        await tool.StatusWhenAsync(static status => status.Instances().Count(static instance => instance.State() == "ready") == 2);
        await load.GoOnAsync(20);
        Assert.Empty(load.Failures);
    }
}
