using System.Collections.Concurrent;
using System.Net;
using Holdfast.TestServers;

namespace Holdfast.Gateway.Tests.Overload;

/// <summary>More requests than a service can do, and services that stall or always fail.</summary>
public sealed class OverloadTests(ITestOutputHelper output)
{
    private const int Work = 20;
    /// <summary>In a short run on a busy machine only the direction can be told.</summary>
    private static readonly double Kept = Experiment.IsLong ? 0.8 : 0.3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(Experiment.Count(5, 60));

    [Fact]
    [Trait("Experiment", "R22")]
    public async Task Five_times_what_is_sustainable_leaves_the_service_at_work_and_turns_the_rest_away()
    {
        await using var rig = await Rig.StartAsync(instances: 1);

        // One request at a time is what one processor does best; a few more hide the way there and back.
        var sustainable = await LoadAsync(rig, clients: 4, Span, $"/work?ms={Work}");
        var overload = await LoadAsync(rig, clients: 20 * 5, Span, $"/work?ms={Work}");

        output.WriteLine($"sustainable {sustainable}\noverload {overload}");
        Assert.Empty(sustainable.Others.Concat(overload.Others));
        Assert.True(overload.Good >= sustainable.Good * Kept, $"{overload.Good} of {sustainable.Good}");
    }

    [Fact]
    [Trait("Experiment", "R23")]
    public async Task After_a_stall_with_clients_that_try_again_all_is_as_before()
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        var before = await LoadAsync(rig, clients: 4, Span, $"/work?ms={Work}");
        using var ending = new CancellationTokenSource();
        var trying = LoadAsync(rig, clients: 40, TimeSpan.FromMinutes(10), $"/work?ms={Work}", ending.Token);

        rig["shop-1"].Freeze();
        await Task.Delay(TimeSpan.FromSeconds(5));
        rig["shop-1"].Thaw();
        await Eventually.HoldsAsync(async () => (await rig.Client.GetAsync("/")).StatusCode == HttpStatusCode.OK);
        await ending.CancelAsync();
        await trying;
        var after = await LoadAsync(rig, clients: 4, Span, $"/work?ms={Work}");

        output.WriteLine($"before {before}\nafter {after}");
        Assert.True(after.Good >= before.Good * Kept, $"{after.Good} of {before.Good}");
    }

    [Fact]
    [Trait("Experiment", "R24")]
    public async Task A_service_that_always_fails_gets_hardly_more_requests_than_clients_send()
    {
        await using var rig = await Rig.StartAsync(instances: 2);
        var began = TimeProvider.System.GetTimestamp();
        var requests = Experiment.Count(3_000, 60_000);
        var sent = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            while (Interlocked.Increment(ref sent) <= requests)
            {
                using var response = await rig.Client.GetAsync("/drop");
                Assert.Contains(response.StatusCode, (HttpStatusCode[])[HttpStatusCode.BadGateway, HttpStatusCode.ServiceUnavailable]);
            }
        }));

        var seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        var seen = rig["shop-1"].Seen.Count + rig["shop-2"].Seen.Count;
        output.WriteLine($"{requests} requests in {seconds:0} s were sent {seen} times");
        Assert.InRange(seen, 0, (requests * (1 + GatewayLimits.RetryShare)) + ((seconds + 1) * GatewayLimits.RetryFloorPerSecond) + GatewayLimits.RetryBurst);
    }

    /// <summary>Clients that ask one after the other, and come again when they are told.</summary>
    private static async Task<Outcome> LoadAsync(Rig rig, int clients, TimeSpan span, string path, CancellationToken ending = default)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(ending);
        time.CancelAfter(span);
        using var client = new HttpClient { BaseAddress = rig.Address, Timeout = Patience };
        var statuses = new ConcurrentBag<HttpStatusCode>();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            while (!time.IsCancellationRequested)
            {
                using var response = await client.GetAsync(path, CancellationToken.None);
                statuses.Add(response.StatusCode);
                if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
                {
                    Assert.NotNull(response.Headers.RetryAfter);
                    await Task.Delay(Work, CancellationToken.None);
                }
            }
        }));
        return new Outcome(
            statuses.Count(static status => status == HttpStatusCode.OK), statuses.Count(static status => status == HttpStatusCode.ServiceUnavailable),
            [.. statuses.Where(static status => status is not (HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable))]);
    }

    private sealed record Outcome(int Good, int TurnedAway, IReadOnlyList<HttpStatusCode> Others);
}
