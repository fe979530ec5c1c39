using System.Net;

namespace Holdfast.Gateway.Tests.Overload;

/// <summary>A service whose health path is well and whose requests hang.</summary>
public sealed class HangingServiceTests
{
    [Fact]
    public async Task Clients_are_told_at_once_and_served_as_soon_as_it_answers_again()
    {
        var mended = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var rig = await Rig.StartAsync(instances: 0);
        await using var instance = await RawInstance.JoinAsync(rig, _ => mended.Task);
        await rig.Registry.DeclareAsync(new ServiceDeclaration(Rig.Shop.Name, ["/", "/other"], Rig.Shop.HealthPath)
        {
            Settings = new Dictionary<string, string> { ["deadline"] = "200ms" },
        });
        await Eventually.HoldsAsync(async () => (await rig.MetricsAsync()).Contains("route=\"/other\"", StringComparison.Ordinal));

        // By its own time each is 504, until the breaker knows that nothing is answered.
        await Eventually.HoldsAsync(async () => (await AskAsync(rig, 8)).Contains(HttpStatusCode.ServiceUnavailable));
        Assert.Contains("holdfast_gateway_breaker_open{service=\"shop\",route=\"/\"} 1\n", await rig.MetricsAsync());
        Assert.Contains("holdfast_gateway_breaker_openings_total{service=\"shop\"} 1\n", await rig.MetricsAsync());

        // Another route has a breaker of its own.
        Assert.Contains("holdfast_gateway_breaker_open{service=\"shop\",route=\"/other\"} 0\n", await rig.MetricsAsync());
        Assert.Equal(HttpStatusCode.GatewayTimeout, await AskAsync(rig, "/other"));
        await Eventually.HoldsAsync(() => Task.FromResult(instance.Heads.Any(static head => head.StartsWith("GET /other ", StringComparison.Ordinal))));

        // Of many, hardly any is sent: the instance gets air.
        var sent = instance.Heads.Count;
        var began = TimeProvider.System.GetTimestamp();
        var turnedAway = 0;
        for (var i = 0; i < 200; i++)
        {
            turnedAway += await AskAsync(rig, "/") == HttpStatusCode.ServiceUnavailable ? 1 : 0;
        }

        var probes = (int)(TimeProvider.System.GetElapsedTime(began) / GatewayLimits.BreakerProbeInterval) + 1;
        Assert.InRange(instance.Heads.Count - sent, 0, probes);
        Assert.InRange(turnedAway, 200 - probes, 200);

        mended.SetResult(RawInstance.Good);
        await Eventually.HoldsAsync(async () => await AskAsync(rig, "/") == HttpStatusCode.OK);
        await Eventually.HoldsAsync(async () => (await AskAsync(rig, 20)).All(static status => status == HttpStatusCode.OK));
        Assert.Contains("holdfast_gateway_breaker_open{service=\"shop\",route=\"/\"} 0\n", await rig.MetricsAsync());
    }

    private static async Task<HttpStatusCode[]> AskAsync(Rig rig, int times) =>
        await Task.WhenAll(Enumerable.Range(0, times).Select(_ => AskAsync(rig, "/")));

    private static async Task<HttpStatusCode> AskAsync(Rig rig, string path)
    {
        using var response = await rig.Client.GetAsync(path);
        if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            Assert.NotNull(response.Headers.RetryAfter);
        }

        return response.StatusCode;
    }
}
