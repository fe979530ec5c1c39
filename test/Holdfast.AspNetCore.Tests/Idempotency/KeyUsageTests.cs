using System.Net;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Tests.Idempotency;

/// <summary>Keys take a bounded share of the store, and give it back.</summary>
public sealed class KeyUsageTests
{
    /// <summary>What a key takes besides its response.</summary>
    private const int KeyBytes = 512;

    private const int ResponseBytes = 1536;
    private const long MaxBytes = 16 << 20;

    [Fact]
    public async Task When_a_partitions_share_is_used_up_new_keys_are_answered_503_and_old_ones_still_repeat_until_their_hour_has_passed()
    {
        var clock = new TestClock();
        await using var app = await StartAsync(clock);
        using var full = new Requests.LongCounter(app.Host, "holdfast.idempotency.requests", "full");
        var fits = (int)(MaxBytes / app.Engine.Partitions.Count / (KeyBytes + ResponseBytes));
        for (var i = 0; i < fits; i++)
        {
            await app.Client("ada").PostAsync("/", $"{i}").TextAsync();
        }

        app.ForgetCommits();
        using (var refused = await app.Client("ada").PostAsync("/", "one more"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(26));
            Assert.Equal(2, app.Commits.Count);
        }

        Assert.Equal((fits, 1), (app.Runs, (int)full.Value));
        Assert.Equal(new string('x', ResponseBytes), await app.Client("ada").PostAsync("/", "0").TextAsync());
        await app.Client(OtherPartition(app)).PostAsync("/", "one more").TextAsync();
        Assert.Equal(fits * (KeyBytes + ResponseBytes), await UsageAsync(app, "ada"));

        clock.Move(TimeSpan.FromHours(27));
        await app.Client("ada").PostAsync("/", "one more").TextAsync();
        Assert.Equal(KeyBytes + ResponseBytes, await UsageAsync(app, "ada"));
        Assert.Single((await app.KeysAsync("idempotency-usage")).Single(record => app.Engine.Partitions.PartitionOf(record.Address) == app.PartitionOf("ada")).Fields);
    }

    [Fact]
    public async Task A_key_that_is_given_back_counts_no_more_and_a_plan_counts_while_it_is_there()
    {
        var hasPlan = false;
        await using var app = await KeyedApp.StartAsync(async context =>
        {
            if (hasPlan)
            {
                await context.GetIdempotentRequest().PlanAsync(static () => new ValueTask<string>(new string('p', 98)));
            }

            if (context.Request.Query.ContainsKey("fail"))
            {
                throw new InvalidOperationException("given back");
            }
        });
        await app.Client("ada").PostAsync("/?fail", "a").TextAsync(HttpStatusCode.InternalServerError);
        Assert.Equal(0, await UsageAsync(app, "ada"));
        hasPlan = true;
        await app.Client("ada").PostAsync("/?fail", "a").TextAsync(HttpStatusCode.InternalServerError);
        Assert.Equal(KeyBytes + 100, await UsageAsync(app, "ada"));
        await app.Client("ada").PostAsync("/", "b").TextAsync();
        Assert.Equal((2 * KeyBytes) + 100, await UsageAsync(app, "ada"));
    }

    [Fact]
    public async Task A_request_that_ends_in_another_hour_is_counted_there()
    {
        var clock = new TestClock();
        await using var app = await KeyedApp.StartAsync(
            context =>
            {
                clock.Move(TimeSpan.FromHours(2));
                return context.Response.WriteAsync(new string('x', ResponseBytes));
            },
            clock: clock);
        await app.Client("ada").PostAsync("/", "k").TextAsync();
        Assert.Equal(KeyBytes + ResponseBytes, await UsageAsync(app, "ada"));
        var usage = Assert.Single(await app.KeysAsync("idempotency-usage"));
        Assert.Equal([0, KeyBytes + ResponseBytes], usage.Fields.Keys.Select(usage.Counter).Order());
    }

    [Fact]
    public async Task Nothing_of_a_key_is_left_once_it_has_expired()
    {
        var clock = new TestClock();
        await using var app = await StartAsync(clock);
        await app.Client("ada").PostAsync("/", "k").TextAsync();
        Assert.Single(await app.KeysAsync());
        clock.Move(TimeSpan.FromHours(24));
        Assert.Empty(await app.KeysAsync());
        clock.Move(TimeSpan.FromHours(3));
        Assert.Empty(await app.KeysAsync("idempotency-usage"));
    }

    private static Task<KeyedApp> StartAsync(TimeProvider clock) => KeyedApp.StartAsync(
        static context => context.Response.WriteAsync(new string('x', ResponseBytes)), clock: clock, configure: static options => options.MaxIdempotencyBytes = MaxBytes);

    private static async Task<long> UsageAsync(KeyedApp app, string user)
    {
        var usage = (await app.KeysAsync("idempotency-usage")).Single(record => app.Engine.Partitions.PartitionOf(record.Address) == app.PartitionOf(user));
        return usage.Fields.Keys.Sum(usage.Counter);
    }

    private static string OtherPartition(KeyedApp app) =>
        Enumerable.Range(0, 1000).Select(static i => $"user{i}").First(user => app.PartitionOf(user) != app.PartitionOf("ada"));
}
