using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Holdfast.AspNetCore.Tests.Idempotency;

/// <summary>Keys take a bounded share of the store, and give it back.</summary>
public sealed class KeyUsageTests
{
    /// <summary>What a key takes besides its response.</summary>
    private const int KeyBytes = 512;

    /// <summary>What is reserved for the steps of a request.</summary>
    private const int StepRoomBytes = 16 * StepBytes;

    private const int StepBytes = 256;

    /// <summary>What a request takes while it runs: a partition's share, to the byte, which is half of all that keys may take, of 256 partitions.</summary>
    private const int Reservation = 64 << 10;

    private const int ResponseBytes = Reservation - StepRoomBytes - KeyBytes;
    private const int KeyAndResponse = KeyBytes + ResponseBytes;
    private const long MaxBytes = 32 << 20;

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
        Assert.InRange(fits * KeyAndResponse, (MaxBytes / 2) - (16 * Reservation), (MaxBytes / 2) + share);
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

    [Fact]
    public async Task The_bound_holds_for_requests_that_run_at_the_same_time()
    {
        const int First = 100;
        const int Requests = 600;
        var (arrived, go) = (0, new TaskCompletionSource());
        await using var app = await KeyedApp.StartAsync(
            async context =>
            {
                Interlocked.Increment(ref arrived);
                await go.Task;
                await context.Response.WriteAsync(new string('x', 60 << 10));
            },
            clock: new TestClock(),
            configure: static options => options.MaxIdempotencyBytes = MaxBytes);
        async Task<HttpStatusCode> PostAsync(int user)
        {
            using var response = await app.Client($"user{user}").PostAsync("/", "k");
            Interlocked.Add(ref arrived, response.IsSuccessStatusCode ? 0 : 1);
            return response.StatusCode;
        }

        // There is room for the first. The others reserve more together than there is.
        var answers = Enumerable.Range(0, First).Select(PostAsync).ToList();
        await KeyedApp.SeeAsync(() => Volatile.Read(ref arrived) == First);
        answers.AddRange(Enumerable.Range(First, Requests - First).Select(PostAsync));
        await KeyedApp.SeeAsync(() => Volatile.Read(ref arrived) == Requests);
        go.SetResult();
        var statuses = await Task.WhenAll(answers);
        Assert.Contains(HttpStatusCode.ServiceUnavailable, statuses);
        Assert.All(statuses[..First], static status => Assert.Equal(HttpStatusCode.OK, status));
        var stored = (await app.KeysAsync()).Sum(static record => record.Fields.Values.Sum(static value => (long)value.Length));
        Assert.InRange(stored, 1, MaxBytes);
        var counted = (await app.KeysAsync("idempotency-usage")).Sum(static usage => usage.Fields.Keys.Sum(usage.Counter));
        Assert.InRange(counted, stored, MaxBytes);
    }

    [Fact]
    public async Task Of_a_burst_that_reserves_more_than_there_is_before_anybody_adds_up_as_many_are_let_in_as_there_is_room_for()
    {
        const int Requests = 400;
        var (reserved, decided) = (0, 0);
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var app = await KeyedApp.StartAsync(
            async context =>
            {
                Interlocked.Increment(ref decided);
                await go.Task;
                await context.Response.WriteAsync(new string('x', ResponseBytes));
            },
            static options => options with { MaxResponseBytes = ResponseBytes },
            new TestClock(),
            static options => options.MaxIdempotencyBytes = MaxBytes);
        app.Engine.AfterCommit = (commit, result) =>
        {
            // Whoever is let in waits until all are decided, so that these are reservations.
            if (commit.Changes.Any(static change => change.Address.Kind == "idempotency-usage") && Interlocked.Increment(ref reserved) == Requests)
            {
                all.SetResult();
            }

            return Task.FromResult(result);
        };
        app.Engine.BeforeRead = address => address.Kind == "idempotency-usage" ? all.Task : Task.CompletedTask;

        var client = app.Client("ada");
        var answers = Enumerable.Range(0, Requests).Select(async number =>
        {
            using var response = await client.PostAsync("/", $"{number}");
            Interlocked.Add(ref decided, response.IsSuccessStatusCode ? 0 : 1);
            return response.StatusCode;
        }).ToArray();
        await KeyedApp.SeeAsync(() => Volatile.Read(ref decided) == Requests);
        go.SetResult();
        var statuses = await Task.WhenAll(answers);

        var letIn = statuses.Count(static status => status == HttpStatusCode.OK);
        Assert.Equal(Requests - letIn, statuses.Count(static status => status == HttpStatusCode.ServiceUnavailable));
        var share = MaxBytes / 2 / app.Engine.Partitions.Count;
        Assert.InRange(letIn * Reservation, (MaxBytes / 2) - (24 * Reservation), (MaxBytes / 2) + share);
        Assert.Equal(letIn * KeyAndResponse, await UsageAsync(app, "ada"));
    }

    [Fact]
    public async Task Keys_that_come_all_the_time_while_there_is_no_room_are_turned_away_at_once_and_let_in_when_there_is()
    {
        var clock = new TestClock();
        await using var app = await StartAsync(clock);
        var client = app.Client("ada");
        await FillAsync(client);
        _ = app.Engine.Count();

        await AllAreTurnedAwayAsync("once");
        Assert.Equal(0, app.Engine.Count().Reads);

        // After a while it is looked for again: by three sums for the first of them, and three more for who came in the last of these.
        clock.Move(TimeSpan.FromSeconds(2));
        await AllAreTurnedAwayAsync("again");
        Assert.InRange(app.Engine.Count().Reads, 3 * app.Engine.Partitions.Count, 6 * app.Engine.Partitions.Count);

        async Task AllAreTurnedAwayAsync(string round)
        {
            var statuses = await Task.WhenAll(Enumerable.Range(0, 50).Select(async number =>
            {
                using var response = await client.PostAsync("/", $"{round}{number}");
                return response.StatusCode;
            }));
            Assert.All(statuses, static status => Assert.Equal(HttpStatusCode.ServiceUnavailable, status));
        }

        clock.Move(TimeSpan.FromHours(27));
        await client.PostAsync("/", "later").TextAsync();
        await client.PostAsync("/", "and another").TextAsync();
    }

    [Fact]
    public async Task The_largest_response_finds_room_within_the_lowest_bound()
    {
        const int Largest = 512 << 10;
        await using var app = await KeyedApp.StartAsync(
            static context => context.Response.WriteAsync(new string('x', Largest - 1024)),
            static options => options with { MaxResponseBytes = Largest },
            configure: static options => options.MaxIdempotencyBytes = MaxBytes);
        Assert.Equal(Largest - 1024, (await app.Client("ada").PostAsync("/", "k").TextAsync()).Length);
        await Assert.ThrowsAsync<OptionsValidationException>(() => KeyedApp.StartAsync(
            static _ => Task.CompletedTask, configure: static options => options.MaxIdempotencyBytes = MaxBytes - 1));
    }

    [Fact]
    public async Task Another_instance_goes_beyond_the_bound_by_a_sixteenth_of_what_is_common_at_most()
    {
        var clock = new TestClock();
        await using var app = await StartAsync(clock);
        await using var another = await WebHost.StartAsync(
            app.Engine,
            static web =>
            {
                web.UseHoldfast();
                web.MapPost("/", static () => new string('x', ResponseBytes - 50)).WithIdempotency(static options => options with
                {
                    MaxResponseBytes = ResponseBytes, Affinity = static _ => "ada",
                });
            },
            static options => options.MaxIdempotencyBytes = MaxBytes);
        using var client = WebHost.Plain();
        client.BaseAddress = another.Url;

        // The other one adds up while nearly all is free, and relies on that after this one has taken the rest.
        await client.PostAsync("/", "a").TextAsync();
        await client.PostAsync("/", "b").TextAsync();
        await FillAsync(app.Client("ada"));
        Assert.InRange(await UsageAsync(app, "ada"), 1, MaxBytes / 2);
        Assert.InRange(await FillAsync(client), 1, 16);
        Assert.InRange(await UsageAsync(app, "ada"), 1, (MaxBytes / 2) + (MaxBytes / 2 / 16));
    }

    [Fact]
    public async Task More_than_sixteen_steps_ask_for_room_sixteen_at_a_time()
    {
        await using var app = await KeyedApp.StartAsync(async context =>
        {
            for (var i = 0; i < 40; i++)
            {
                await context.GetIdempotentRequest().StepAsync($"{i}", new Commit(RecordChange.Update(new Address("counted", "ada")).Add("n", 1)));
            }
        });
        await app.Client("ada").PostAsync("/", "k").TextAsync();
        Assert.Equal(40, (await app.Engine.ReadAsync(new Address("counted", "ada"))).Record!.Counter("n"));
        Assert.Equal(1 + 40 + 2 + 1, app.Commits.Count);
        Assert.Equal(KeyBytes + (40 * StepBytes), await UsageAsync(app, "ada"));
    }

    [Fact]
    public async Task Enlisted_changes_of_many_partitions_ask_for_room_too()
    {
        const int Partitions = 40;
        await using var app = await KeyedApp.StartAsync(static context =>
        {
            var state = context.GetState();
            for (var i = 0; i < Partitions; i++)
            {
                state.Enlist(RecordChange.Update(new Address("counted", state.Engine.Partitions.Pin(i, "one"))).Add("n", 1));
            }

            return Task.CompletedTask;
        });
        await app.Client("ada").PostAsync("/", "k").TextAsync();
        var steps = Partitions - (app.PartitionOf("ada") < Partitions ? 1 : 0);
        Assert.Equal(KeyBytes + (steps * StepBytes), await UsageAsync(app, "ada"));
        Assert.Equal(Partitions, (await app.Engine.RecordsAsync("counted")).Count);
    }

    [Fact]
    public async Task A_plan_for_which_there_is_no_room_is_not_stored_and_the_request_is_answered_503()
    {
        var planBytes = 100;
        await using var app = await KeyedApp.StartAsync(
            async context =>
            {
                await context.GetIdempotentRequest().PlanAsync(() => new ValueTask<string>(new string('p', planBytes)));
                await context.Response.WriteAsync(new string('x', context.Request.Query.ContainsKey("large") ? ResponseBytes : 1));
            },
            static options => options with { MaxResponseBytes = ResponseBytes },
            new TestClock(),
            static options => options.MaxIdempotencyBytes = MaxBytes);
        await FillAsync(app.Client("ada"), "/?large");
        planBytes = 200 << 10;
        var other = OtherPartition(app);
        var before = app.Runs;
        await app.Client(other).PostAsync("/", "k").TextAsync(HttpStatusCode.ServiceUnavailable);
        Assert.Equal(before + 1, app.Runs);
        Assert.Equal(0, await UsageAsync(app, other));
        Assert.DoesNotContain(await app.KeysAsync(), static record => record["plan"] is not null);
        planBytes = 100;
        await app.Client(other).PostAsync("/", "k").TextAsync();
        Assert.Equal(KeyBytes + 1, await UsageAsync(app, other));
    }

    private static Task<KeyedApp> StartAsync(TimeProvider clock) => KeyedApp.StartAsync(
        static context => context.Response.WriteAsync(new string('x', ResponseBytes)),
        static options => options with { MaxResponseBytes = ResponseBytes },
        clock,
        static options => options.MaxIdempotencyBytes = MaxBytes);

    /// <summary>Sends requests until one finds no room, and tells how many did.</summary>
    private static async Task<int> FillAsync(HttpClient client, string path = "/")
    {
        for (var n = 0; ; n++)
        {
            using var response = await client.PostAsync(path, $"fill{n}");
            if (!response.IsSuccessStatusCode)
            {
                Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
                return n;
            }
        }
    }

    private static async Task<long> UsageAsync(KeyedApp app, string user)
    {
        var usage = (await app.KeysAsync("idempotency-usage")).Single(record => app.Engine.Partitions.PartitionOf(record.Address) == app.PartitionOf(user));
        return usage.Fields.Keys.Sum(usage.Counter);
    }

    private static string OtherPartition(KeyedApp app) =>
        Enumerable.Range(0, 1000).Select(static i => $"user{i}").First(user => app.PartitionOf(user) != app.PartitionOf("ada"));
}
