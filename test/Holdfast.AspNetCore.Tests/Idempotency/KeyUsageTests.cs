using System.Net;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Tests.Idempotency;

/// <summary>Keys take a bounded share of the store, and give it back.</summary>
public sealed class KeyUsageTests
{
    /// <summary>What a key takes besides its response.</summary>
    private const int KeyBytes = 512;

    /// <summary>With it a key takes a partition's share, to the byte: half of all that keys may take, of 256 partitions.</summary>
    private const int ResponseBytes = KeyAndResponse - KeyBytes;

    private const int KeyAndResponse = 32 << 10;
    private const long MaxBytes = 16 << 20;

    [Fact]
    public async Task A_principal_may_use_what_is_common_beyond_its_partitions_share_and_then_new_keys_are_answered_503_until_the_hour_has_passed()
    {
        var clock = new TestClock();
        await using var app = await StartAsync(clock);
        using var full = new Requests.LongCounter(app.Host, "holdfast.idempotency.requests", "full");
        var fits = 0;
        HttpResponseMessage response;
        while ((response = await app.Client("ada").PostAsync("/", $"{fits}")).IsSuccessStatusCode)
        {
            response.Dispose();
            fits++;
            Assert.True(fits * KeyAndResponse < MaxBytes, "The bound does not hold.");
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.InRange(response.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(26));
        response.Dispose();

        // All that is common but the last part of a sixteenth that would not hold another, and the share of one partition.
        var share = MaxBytes / 2 / app.Engine.Partitions.Count;
        Assert.InRange(fits * KeyAndResponse, (MaxBytes / 2) - (16 * KeyAndResponse), (MaxBytes / 2) + share);
        Assert.Equal((fits, 1), (app.Runs, (int)full.Value));
        Assert.Equal(fits * KeyAndResponse, await UsageAsync(app, "ada"));

        // Old keys still repeat, and every other partition has its share.
        Assert.Equal(new string('x', ResponseBytes), await app.Client("ada").PostAsync("/", "0").TextAsync());
        await app.Client(OtherPartition(app)).PostAsync("/", "one").TextAsync();
        await app.Client(OtherPartition(app)).PostAsync("/", "two").RemedyAsync(HttpStatusCode.ServiceUnavailable);

        clock.Move(TimeSpan.FromHours(27));
        await app.Client("ada").PostAsync("/", "one more").TextAsync();
        Assert.Equal(KeyAndResponse, await UsageAsync(app, "ada"));
        Assert.Single((await app.KeysAsync("idempotency-usage")).Single(record => app.Engine.Partitions.PartitionOf(record.Address) == app.PartitionOf("ada")).Fields);
    }

    [Fact]
    public async Task Within_its_share_a_key_costs_no_look_at_the_others_and_beyond_it_one_look_serves_many()
    {
        await using var app = await StartAsync(new TestClock());
        await app.Client("ada").PostAsync("/", "first").TextAsync();
        Assert.Equal((0, 2), app.Engine.Count());
        for (var i = 0; i < 10; i++)
        {
            await app.Client("ada").PostAsync("/", $"{i}").TextAsync();
        }

        Assert.Equal((app.Engine.Partitions.Count, 20), app.Engine.Count());
    }

    [Fact]
    public async Task A_key_whose_room_could_not_be_found_is_given_back()
    {
        await using var app = await StartAsync(new TestClock());
        await app.Client("ada").PostAsync("/", "first").TextAsync();
        app.Engine.ReadFault = new StateUnavailableException("away");
        await app.Client("ada").PostAsync("/", "second").TextAsync(HttpStatusCode.ServiceUnavailable);
        app.Engine.ReadFault = null;
        Assert.Equal(KeyAndResponse, await UsageAsync(app, "ada"));
        await app.Client("ada").PostAsync("/", "second").TextAsync();
        Assert.Equal(2, app.Runs);
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
        static context => context.Response.WriteAsync(new string('x', ResponseBytes)),
        static options => options with { MaxResponseBytes = ResponseBytes },
        clock,
        static options => options.MaxIdempotencyBytes = MaxBytes);

    private static async Task<long> UsageAsync(KeyedApp app, string user)
    {
        var usage = (await app.KeysAsync("idempotency-usage")).Single(record => app.Engine.Partitions.PartitionOf(record.Address) == app.PartitionOf(user));
        return usage.Fields.Keys.Sum(usage.Counter);
    }

    private static string OtherPartition(KeyedApp app) =>
        Enumerable.Range(0, 1000).Select(static i => $"user{i}").First(user => app.PartitionOf(user) != app.PartitionOf("ada"));
}
