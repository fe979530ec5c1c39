using System.Collections.Concurrent;
using System.Net;
using Holdfast.TestServers;

namespace Holdfast.Gateway.Tests.Overload;

/// <summary>More requests than a service can do, and services that stall or always fail. <see cref="SimulatedOverloadTests"/> has services of other shapes.</summary>
public sealed class OverloadTests(ITestOutputHelper output)
{
    private const string Path = "/work?ms=20";

    /// <summary>What a service can bear for good, as a part of the most that it does: at more, chance alone has clients wait for long.</summary>
    private const double Sustainable = 0.8;
    private const int Times = 5;

    /// <summary>In a short run on a busy machine only the direction can be told, and the moment in which the overload is noticed is much of it.</summary>
    private static readonly double Kept = Experiment.IsLong ? 0.8 : 0.3;
    private static readonly double KeptAfterStall = Experiment.IsLong ? 0.95 : 0.3;
    private static readonly double Longer = Experiment.IsLong ? 2 : 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(Experiment.Count(5, 60));
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(Experiment.Count(2, 5));
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(Experiment.Count(4, 10));

    [Fact]
    [Trait("Experiment", "R22")]
    public async Task Five_times_what_is_sustainable_leaves_the_service_at_work_and_turns_the_rest_away_at_once()
    {
        await using var rig = await Rig.StartAsync(instances: 1);

        var (peak, sustainable, overload) = await MeasureAsync(rig);

        // What a moment of a quiet machine allows, one of a busy machine does not.
        for (var again = 0; !Experiment.IsLong && again < 2 && !(overload.PerSecond >= peak.PerSecond * Kept && overload.Wait <= sustainable.Wait * Longer); again++)
        {
            (peak, sustainable, overload) = await MeasureAsync(rig);
        }

        Assert.Empty(peak.Others.Concat(sustainable.Others).Concat(overload.Others));
        Assert.All([peak, sustainable, overload], static outcome => Assert.True(outcome.PerSecond > 0, "Nothing was answered."));
        Assert.True(overload.PerSecond >= peak.PerSecond * Kept, $"{overload.PerSecond} of {peak.PerSecond} a second");
        Assert.True(overload.Wait <= sustainable.Wait * Longer, $"{overload.Wait} after {sustainable.Wait}");

        // On a machine that has meanwhile become so much quicker, it was none.
        Assert.True(overload.TurnedAway > 0 || overload.PerSecond > peak.PerSecond * 2, "all were answered");
    }

    private async Task<(Outcome Peak, Outcome Sustainable, Outcome Overload)> MeasureAsync(Rig rig)
    {
        // One request at a time is what one processor does best; a few more hide the way there and back.
        var peak = await ClosedAsync(rig, clients: 4, Span / 4);
        var sustainable = await OpenAsync(rig, peak.PerSecond * Sustainable, Span);
        var overload = await OpenAsync(rig, peak.PerSecond * Sustainable * Times, Span);
        output.WriteLine($"peak        {peak}\nsustainable {sustainable}\noverload    {overload}");
        return (peak, sustainable, overload);
    }

    [Fact]
    [Trait("Experiment", "R23")]
    public async Task After_a_stall_with_clients_that_try_again_all_is_as_before()
    {
        await using var rig = await Rig.StartAsync(instances: 1);
        using var ending = new CancellationTokenSource();
        var answers = new ConcurrentQueue<Answer>();
        var trying = AskAsync(rig, clients: 40, answers, ending.Token);

        var before = await CountAsync(answers, Span);
        rig["shop-1"].Freeze();
        await Task.Delay(Stall);
        rig["shop-1"].Thaw();
        await Task.Delay(Recovery);
        var recovered = TimeProvider.System.GetTimestamp();
        var after = await CountAsync(answers, Span);
        while (!Experiment.IsLong && after < before * KeptAfterStall && TimeProvider.System.GetElapsedTime(recovered) < Patience)
        {
            after = await CountAsync(answers, Span);
        }

        await ending.CancelAsync();
        await trying;

        output.WriteLine($"before {before}, after {after} in {Span}");
        Assert.True(after >= before * KeptAfterStall, $"{after} of {before}");
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

        // What an instance that dies leaves behind may be repeated at one moment: of few requests that is much.
        var burst = Experiment.Count(GatewayLimits.RetryBurst, 0);
        Assert.InRange(seen, 0, (requests * (1 + GatewayLimits.RetryShare)) + ((seconds + 1) * GatewayLimits.RetryFloorPerSecond) + burst);
    }

    /// <summary>Clients that ask one after the other, and come again when they are told.</summary>
    private static async Task<Outcome> ClosedAsync(Rig rig, int clients, TimeSpan span)
    {
        using var ending = new CancellationTokenSource(span);
        var answers = new ConcurrentQueue<Answer>();
        var began = TimeProvider.System.GetTimestamp();
        await AskAsync(rig, clients, answers, ending.Token);
        return new Outcome(answers, TimeProvider.System.GetElapsedTime(began));
    }

    private static async Task AskAsync(Rig rig, int clients, ConcurrentQueue<Answer> answers, CancellationToken ending)
    {
        using var client = new HttpClient { BaseAddress = rig.Address, Timeout = Patience };
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            while (!ending.IsCancellationRequested)
            {
                var answer = await AskAsync(client, TimeProvider.System.GetTimestamp());
                answers.Enqueue(answer);
                if (answer.Status == HttpStatusCode.ServiceUnavailable)
                {
                    await Task.Delay(20, CancellationToken.None);
                }
            }
        }));
    }

    /// <summary>Clients that come by chance, so many a second, however long those before them wait.</summary>
    private static async Task<Outcome> OpenAsync(Rig rig, double perSecond, TimeSpan span)
    {
        using var client = new HttpClient { BaseAddress = rig.Address, Timeout = Patience };
        var chance = new Random(1);
        var began = TimeProvider.System.GetTimestamp();
        var asked = new List<Task<Answer>>();
        for (var due = TimeSpan.Zero; due < span; due += TimeSpan.FromSeconds(-Math.Log(1 - chance.NextDouble()) / perSecond))
        {
            if (due - TimeProvider.System.GetElapsedTime(began) is var left && left > TimeSpan.Zero)
            {
                await Task.Delay(left);
            }

            // In a short run on a busy machine, a client that comes late would be most of what is measured.
            asked.Add(AskAsync(client, Experiment.IsLong ? began + (long)(due.TotalSeconds * TimeProvider.System.TimestampFrequency) : TimeProvider.System.GetTimestamp()));
        }

        var answers = await Task.WhenAll(asked);
        return new Outcome(answers, TimeProvider.System.GetElapsedTime(began));
    }

    private static async Task<Answer> AskAsync(HttpClient client, long since)
    {
        using var response = await client.GetAsync(Path);
        if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            Assert.NotNull(response.Headers.RetryAfter);
        }

        return new Answer(response.StatusCode, TimeProvider.System.GetElapsedTime(since));
    }

    /// <summary>How many good answers come in that time.</summary>
    private static async Task<int> CountAsync(ConcurrentQueue<Answer> answers, TimeSpan span)
    {
        answers.Clear();
        await Task.Delay(span);
        return answers.Count(static answer => answer.Status == HttpStatusCode.OK);
    }

    private sealed record Answer(HttpStatusCode Status, TimeSpan Took);

    private sealed class Outcome(IEnumerable<Answer> answers, TimeSpan span)
    {
        private readonly TimeSpan[] good = [.. answers.Where(static answer => answer.Status == HttpStatusCode.OK).Select(static answer => answer.Took).Order()];

        public double PerSecond => good.Length / span.TotalSeconds;

        /// <summary>How long nearly all clients wait at most. Of the few of a short run, the last hundredth is two or three, who tell nothing.</summary>
        public TimeSpan Wait => Within(Experiment.IsLong ? 0.99 : 0.9);

        public int TurnedAway { get; } = answers.Count(static answer => answer.Status == HttpStatusCode.ServiceUnavailable);

        public IReadOnlyList<HttpStatusCode> Others { get; } =
            [.. answers.Select(static answer => answer.Status).Where(static status => status is not (HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable))];

        public override string ToString() =>
            $"{PerSecond:0.0} a second, p50 {Within(0.5).TotalMilliseconds:0} ms, p90 {Within(0.9).TotalMilliseconds:0} ms, p99 {Within(0.99).TotalMilliseconds:0} ms, {TurnedAway} turned away";

        private TimeSpan Within(double share) => good.Length == 0 ? TimeSpan.Zero : good[(int)(good.Length * share)];
    }
}
