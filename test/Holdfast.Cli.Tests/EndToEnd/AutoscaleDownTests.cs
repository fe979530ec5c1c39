using Holdfast.TestServers;

namespace Holdfast.Cli.Tests.EndToEnd;

/// <summary>In a class of its own, as it takes longer than a minute, beside which others can run.</summary>
public sealed class AutoscaleDownTests
{
    [Fact]
    public async Task One_goes_when_the_load_has_ended_and_more_come_while_it_still_has_a_request_and_none_fails()
    {
        using var folder = new TopologyFolder("""
            gateway: { port: 0, replicas: 1 }
            services:
              web:
                run: node server.js
                drain: 3600s
                gateway: { timeout: 3600s }
                replicas: { min: 1, max: 2, target: { requests_per_instance: 10 } }
            """);
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("web is ready at ");
        var url = (await HoldfastTool.StatusAsync(folder.Path)).GatewayUrl();
        await using (SteadyLoad.Mixed(url))
        {
            await tool.StatusWhenAsync(static status => status.Instances().Count(static instance => instance.State() == "ready") == 2);
        }

        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        var rest = new TaskCompletionSource();
        List<Task<HttpResponseMessage>> uploads = [];
        var begun = new HashSet<string>();
        while (begun.Count < 2 && uploads.Count < 6)
        {
            // Two may go to the same one, if the other one was out for a moment.
            var before = tool.Lines.Count;
            uploads.Add(client.PostAsync(url + "/upload", new PausedUpload(rest.Task)));
            begun.Add(await tool.SeeAsync("upload to web-", before));
        }

        Assert.Equal(2, begun.Count);

        // Four a second at most, which one instance may have.
        await using var few = new SteadyLoad(async (other, _) =>
        {
            await Task.Delay(1000);
            return await other.GetAsync(url);
        });

        // It waits a minute with that by itself.
        await tool.SeeAsync("web is scaled to 1 (", patience: TimeSpan.FromMinutes(10));
        var seen = tool.Lines.Count;

        await using (SteadyLoad.Mixed(url))
        {
            await tool.SeeAsync("web is scaled to 2 (", seen);
            await tool.StatusWhenAsync(static status => status.Instances().Count(static instance => instance.State() == "ready") == 2);
            Assert.Equal("draining", (await HoldfastTool.StatusAsync(folder.Path)).Instance("web-2").State());
        }

        rest.SetResult();
        Assert.All(await Task.WhenAll(uploads), static answer => Assert.True(answer.IsSuccessStatusCode));
        await tool.SeeAsync("web-2 has stopped");
        await few.GoOnAsync(20);
        Assert.Empty(few.Failures);
    }
}
