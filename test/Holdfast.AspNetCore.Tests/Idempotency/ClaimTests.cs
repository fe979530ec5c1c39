using System.Net;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Tests.Idempotency;

/// <summary>The claim on a key: what it costs, how long it lasts, and who may have it.</summary>
public sealed class ClaimTests
{
    private static readonly TimeSpan Lifetime = IdempotencyOptions.DefaultClaimLifetime;

    [Fact]
    public async Task A_keyed_request_costs_two_round_trips_with_its_effects_and_a_repetition_one()
    {
        await using var app = await KeyedApp.StartAsync(static context =>
        {
            context.GetState().Enlist(RecordChange.Update(new Address("order", "ada", "1")).Set("n", "1"));
            context.GetState().Enlist("ada", new NewEvent("ordered", default));
            return context.Response.WriteAsync("ordered");
        });
        await app.Client("ada").PostAsync("/", "k").TextAsync();
        Assert.Equal(
            ["idempotency idempotency-claim idempotency-usage", "order idempotency idempotency-claim idempotency-usage"],
            app.Commits.Select(static commit => string.Join(' ', commit.Changes.Select(static change => change.Address.Kind))));
        Assert.Single(app.Commits[1].Events);
        Assert.Equal((0, 2), app.Engine.Count());
        await app.Client("ada").PostAsync("/", "k").TextAsync();
        Assert.Equal((0, 1), app.Engine.Count());
    }

    [Fact]
    public async Task Each_other_partition_costs_one_more_and_goes_first()
    {
        await using var app = await KeyedApp.StartAsync(static context =>
        {
            var (state, partitions) = (context.GetState(), context.GetState().Engine.Partitions);
            state.Enlist(RecordChange.Update(new Address("order", "ada", "1")).Set("n", "1"));
            state.Enlist(RecordChange.Update(new Address("stock", partitions.Pin(1, "x"))).Add("left", -1));
            state.Enlist(RecordChange.Update(new Address("bill", partitions.Pin(2, "x"))).Add("sum", 9));
            return context.Response.WriteAsync("ordered");
        });
        await app.Client("ada").PostAsync("/", "k").TextAsync();
        Assert.Equal((0, 4), app.Engine.Count());
        Assert.Equal(["idempotency", "stock", "bill", "order"], app.Commits.Select(static commit => commit.Changes[0].Address.Kind));
    }

    [Fact]
    public async Task The_session_of_the_request_goes_with_its_response()
    {
        await using var app = await KeyedApp.StartAsync(static context =>
        {
            context.Session.SetString("a", context.Session.GetString("a") + "b");
            return context.Response.WriteAsync("set");
        });
        var browser = app.Browser();
        await browser.PostAsync("/", "first").TextAsync();
        app.Engine.Count();
        await browser.PostAsync("/", "second").TextAsync();
        Assert.Equal((1, 2), app.Engine.Count());
        Assert.Equal(["idempotency", "idempotency-claim", "idempotency-usage", "session"], app.Commits[^1].Changes.Select(static change => change.Address.Kind));
    }

    [Fact]
    public async Task While_the_store_is_away_the_handler_does_not_run()
    {
        await using var app = await KeyedApp.StartAsync(static context => context.Response.WriteAsync("done"));
        app.Engine.CommitFault = new StateUnavailableException("away");
        using (var away = await app.Client().PostAsync("/", "k"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, away.StatusCode);
            Assert.NotNull(away.Headers.RetryAfter);
        }

        Assert.Equal(0, app.Runs);
        app.Engine.CommitFault = null;
        Assert.Equal("done", await app.Client().PostAsync("/", "k").TextAsync());
    }

    [Fact]
    public async Task A_store_that_goes_away_while_the_handler_runs_costs_the_response_and_a_repetition_runs_it_again_when_the_claim_has_ended()
    {
        var clock = new TestClock();
        KeyedApp? app = null;
        await using var started = app = await KeyedApp.StartAsync(
            context =>
            {
                app!.Engine.CommitFault = app.Runs == 1 ? new CommitUnknownException("away") : null;
                context.GetState().Enlist(RecordChange.Update(new Address("order", "ada", "1")).Add("n", 1));
                return context.Response.WriteAsync("done");
            },
            clock: clock);
        await app.Client("ada").PostAsync("/", "k").TextAsync(HttpStatusCode.ServiceUnavailable);
        app.Engine.CommitFault = null;
        await app.Client("ada").PostAsync("/", "k").RemedyAsync(HttpStatusCode.Conflict);
        clock.Move(Lifetime);
        Assert.Equal("done", await app.Client("ada").PostAsync("/", "k").TextAsync());
        Assert.Equal(2, app.Runs);
        Assert.Equal(1, (await app.Engine.ReadAsync(new Address("order", "ada", "1"))).Record!.Counter("n"));
    }

    [Fact]
    public async Task A_running_request_keeps_its_claim_for_as_long_as_it_takes()
    {
        var clock = new SteppedClock();
        var (begun, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var app = await KeyedApp.StartAsync(
            async context =>
            {
                begun.SetResult();
                await go.Task;
                await context.Response.WriteAsync("done");
            },
            clock: clock);
        var first = app.Client().PostAsync("/", "k");
        await begun.Task;
        for (var third = 1; third <= 9; third++)
        {
            await KeyedApp.SeeAsync(() => clock.HasTimer(Lifetime / 3.1, Lifetime / 3));
            clock.Move(Lifetime / 3);
            await KeyedApp.SeeAsync(() => app.Commits.Count(static commit => commit.Changes is [{ Kind: ChangeKind.Keep, Address.Kind: "idempotency-claim" }]) == third);
            await app.Client().PostAsync("/", "k").RemedyAsync(HttpStatusCode.Conflict);
        }

        go.SetResult();
        Assert.Equal("done", await first.TextAsync());
        Assert.Equal("done", await app.Client().PostAsync("/", "k").TextAsync());
        Assert.Equal(1, app.Runs);
    }

    [Fact]
    public async Task Whoever_lost_its_claim_to_a_repetition_commits_nothing()
    {
        var clock = new TestClock();
        var (begun, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        KeyedApp? app = null;
        await using var started = app = await KeyedApp.StartAsync(
            async context =>
            {
                var run = app!.Runs;
                context.GetState().Enlist(RecordChange.Update(new Address("order", "ada", "1")).Set("by", $"{run}"));
                if (run == 1)
                {
                    begun.SetResult();
                    await go.Task;
                }

                await context.Response.WriteAsync($"done by {run}");
            },
            clock: clock);
        using var lost = new Requests.LongCounter(app.Host, "holdfast.idempotency.requests", "lost");
        var first = app.Client("ada").PostAsync("/", "k");
        await begun.Task;
        clock.Move(Lifetime);
        Assert.Equal("done by 2", await app.Client("ada").PostAsync("/", "k").TextAsync());
        go.SetResult();
        using (var late = await first)
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, late.StatusCode);
            Assert.NotNull(late.Headers.RetryAfter);
        }

        Assert.Equal(1, lost.Value);
        Assert.Equal("2", (await app.Engine.ReadAsync(new Address("order", "ada", "1"))).Record!.Text("by"));
        Assert.Equal("done by 2", await app.Client("ada").PostAsync("/", "k").TextAsync());
    }

    [Fact]
    public async Task A_pause_past_the_claims_end_costs_nothing_if_nobody_came_in_between()
    {
        var clock = new TestClock();
        await using var app = await KeyedApp.StartAsync(
            context =>
            {
                clock.Move(10 * Lifetime);
                return context.Response.WriteAsync("done");
            },
            clock: clock);
        Assert.Equal("done", await app.Client().PostAsync("/", "k").TextAsync());
        Assert.Equal("done", await app.Client().PostAsync("/", "k").TextAsync());
        Assert.Equal(1, app.Runs);
    }

    [Fact]
    public async Task A_key_is_forgotten_when_its_window_has_passed_since_the_response()
    {
        var clock = new TestClock();
        await using var app = await KeyedApp.StartAsync(
            context => context.Response.WriteAsync($"{clock.GetUtcNow():o}"), static options => options with { Window = TimeSpan.FromHours(1) }, clock);
        var first = await app.Client().PostAsync("/", "k").TextAsync();
        clock.Move(TimeSpan.FromMinutes(59));
        Assert.Equal(first, await app.Client().PostAsync("/", "k").TextAsync());
        clock.Move(TimeSpan.FromMinutes(1));
        Assert.NotEqual(first, await app.Client().PostAsync("/", "k").TextAsync());
    }

    /// <summary>The store was away for longer than the lease, and answers the commit that it was sent again by what is there by now.</summary>
    [Fact]
    public async Task A_claim_whose_lease_has_ended_when_its_answer_comes_is_taken_over_by_the_same_request()
    {
        await using var app = await KeyedApp.StartAsync(static context => context.Response.WriteAsync("done"));
        app.Engine.AfterCommit = async (commit, result) =>
        {
            app.Engine.AfterCommit = null;
            await app.Engine.CommitAsync(new Commit(RecordChange.Delete(commit.Changes[1].Address)));
            return new CommitResult(result.At, [result.Records[0], null, .. result.Records.Skip(2)], isReplay: false);
        };
        Assert.Equal("done", await app.Client().PostAsync("/", "k").TextAsync());
        Assert.Equal("done", await app.Client().PostAsync("/", "k").TextAsync());
        Assert.Equal(1, app.Runs);
    }
}
