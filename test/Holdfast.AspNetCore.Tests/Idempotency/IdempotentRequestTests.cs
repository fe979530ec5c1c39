using System.Net;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Tests.Idempotency;

/// <summary>Plans stay as they were and steps happen once, however often the handler runs.</summary>
public sealed partial class IdempotentRequestTests
{
    private readonly List<string> seen = [];
    private KeyedApp app = null!;

    [Fact]
    public async Task A_handler_that_runs_again_executes_its_first_plan_and_its_steps_take_effect_once()
    {
        await using var started = app = await KeyedApp.StartAsync(context => OrderAsync(context, failAfterSteps: app.Runs == 1));
        await SetPriceAsync(10);
        await app.Client("ada").PostAsync("/", "k").TextAsync(HttpStatusCode.InternalServerError);
        await SetPriceAsync(20);
        var text = await app.Client("ada").PostAsync("/", "k").TextAsync();
        Assert.Equal("order 1 for 10", text);
        Assert.Equal(["first of False, plan 1 for 10, step True replay False", "first of True, plan 1 for 10, step True replay True"], seen);
        Assert.Equal(2, app.Runs);
        Assert.Equal(-1, (await app.Engine.ReadAsync(Stock)).Record!.Counter("left"));
        Assert.Equal(1, (await app.Engine.ReadAsync(Ledger)).Record!.Counter("entries"));
        Assert.Equal(1, (await app.Engine.ReadAsync(Orders)).Record!.Counter("n"));
        Assert.Equal(text, await app.Client("ada").PostAsync("/", "k").TextAsync());
        Assert.Null(Assert.Single(await app.KeysAsync())["plan"]);
    }

    [Fact]
    public async Task After_a_run_that_left_traces_the_key_is_free_for_the_same_request_only()
    {
        await using var started = app = await KeyedApp.StartAsync(context => OrderAsync(context, failAfterSteps: app.Runs == 1));
        await SetPriceAsync(10);
        await app.Client("ada").PostAsync("/", "k").TextAsync(HttpStatusCode.InternalServerError);
        await app.Client("ada").PostAsync("/", "k", "another").RemedyAsync(HttpStatusCode.UnprocessableEntity);
        Assert.Equal("order 1 for 10", await app.Client("ada").PostAsync("/", "k").TextAsync());
    }

    [Fact]
    public async Task A_plan_costs_one_round_trip_the_first_time_and_none_again()
    {
        await using var started = app = await KeyedApp.StartAsync(async context =>
        {
            await context.GetIdempotentRequest().PlanAsync(() => new ValueTask<Plan>(new Plan(app.Runs, 0)), PlanJson.Default.Plan);
            if (app.Runs == 1)
            {
                throw new InvalidOperationException("after the plan");
            }
        });
        await app.Client("ada").PostAsync("/", "k").TextAsync(HttpStatusCode.InternalServerError);
        Assert.Equal((0, 3), app.Engine.Count());
        await app.Client("ada").PostAsync("/", "k").TextAsync();
        Assert.Equal((0, 3), app.Engine.Count());
    }

    [Fact]
    public async Task A_step_in_the_claims_own_partition_is_fenced_and_tells_its_own_records()
    {
        await using var started = app = await KeyedApp.StartAsync(async context =>
        {
            var result = await context.GetIdempotentRequest().StepAsync("order", new Commit(RecordChange.Update(Orders).Add("n", 1)));
            Assert.Single(result.Records);
            Assert.Equal(1, result.Records[0]!.Counter("n"));
            var refused = await context.GetIdempotentRequest().StepAsync("never", new Commit(RecordChange.Update(Orders).When(Condition.Absent)));
            Assert.Equal(CommitOutcome.Refused, refused.Outcome);
        });
        await app.Client("ada").PostAsync("/", "k").TextAsync();
        Assert.Equal("idempotency", app.Commits[1].Changes[^1].Address.Kind);
    }

    [Fact]
    public async Task What_is_enlisted_in_other_partitions_are_steps_by_themselves()
    {
        await using var started = app = await KeyedApp.StartAsync(context =>
        {
            context.GetState().Enlist(RecordChange.Update(Stock).Add("left", -1));
            context.GetState().Enlist(RecordChange.Update(Orders).Add("n", 1));
            app.Engine.BeforeCommit = commit =>
                app.Runs == 1 && commit.Changes.Any(static change => change.Address == Orders) ? throw new StateUnavailableException("away") : Task.CompletedTask;
            return context.Response.WriteAsync($"{app.Runs}");
        });
        await app.Client("ada").PostAsync("/", "k").TextAsync(HttpStatusCode.ServiceUnavailable);
        Assert.Equal("2", await app.Client("ada").PostAsync("/", "k").TextAsync());
        Assert.Equal(-1, (await app.Engine.ReadAsync(Stock)).Record!.Counter("left"));
        Assert.Equal(1, (await app.Engine.ReadAsync(Orders)).Record!.Counter("n"));
    }

    [Fact]
    public async Task A_refused_change_is_answered_409_and_the_key_stays_free()
    {
        await using var started = app = await KeyedApp.StartAsync(context =>
        {
            context.GetState().Enlist(RecordChange.Update(Orders).When(app.Runs == 1 ? Condition.Exists : Condition.Absent).Add("n", 1));
            return context.Response.WriteAsync("ordered");
        });
        await app.Client("ada").PostAsync("/", "k").TextAsync(HttpStatusCode.Conflict);
        Assert.Equal("ordered", await app.Client("ada").PostAsync("/", "k").TextAsync());
    }

    [Fact]
    public async Task The_id_is_the_same_in_each_run_and_another_for_each_key()
    {
        await using var started = app = await KeyedApp.StartAsync(async context =>
        {
            var request = context.GetIdempotentRequest();
            seen.Add(request.Id);
            Assert.True(request.HasKey);
            await request.PlanAsync(static () => new ValueTask<int>(1));
            if (app.Runs == 1)
            {
                throw new InvalidOperationException("once");
            }
        });
        await app.Client("ada").PostAsync("/", "k").TextAsync(HttpStatusCode.InternalServerError);
        await app.Client("ada").PostAsync("/", "k").TextAsync();
        await app.Client("ada").PostAsync("/", "other").TextAsync();
        Assert.Equal(seen[0], seen[1]);
        Assert.NotEqual(seen[0], seen[2]);
        Assert.All(seen, static id => Assert.InRange(id.Length, 40, 64));
    }

    [Fact]
    public async Task Without_a_key_where_that_is_allowed_plans_and_steps_work_and_nothing_is_remembered()
    {
        await using var started = app = await KeyedApp.StartAsync(context => OrderAsync(context, failAfterSteps: false), static options => options with { Required = false });
        await SetPriceAsync(10);
        Assert.Equal("order 1 for 10", await app.Client("ada").PostAsync("/", null).TextAsync());
        Assert.Equal("order 2 for 10", await app.Client("ada").PostAsync("/", null).TextAsync());
        Assert.Equal(-2, (await app.Engine.ReadAsync(Stock)).Record!.Counter("left"));
        Assert.Empty(await app.KeysAsync());
    }

    [Fact]
    public async Task Mistakes_of_the_handler_are_told()
    {
        await using var started = app = await KeyedApp.StartAsync(static async context =>
        {
            var request = context.GetIdempotentRequest();
            await request.PlanAsync(static () => new ValueTask<int>(1));
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await request.PlanAsync(static () => new ValueTask<int>(1)));
            await Assert.ThrowsAsync<ArgumentException>(async () =>
                await request.StepAsync("a", new Commit(RecordChange.Update(Orders)) { Request = new RequestId("mine") }));
        });
        await app.Client("ada").PostAsync("/", "k").TextAsync();
    }

    [Fact]
    public async Task A_plan_that_could_not_be_made_may_be_made_again_and_only_one_at_a_time()
    {
        await using var started = app = await KeyedApp.StartAsync(static async context =>
        {
            var (request, goOn) = (context.GetIdempotentRequest(), new TaskCompletionSource<int>());
            var failing = request.PlanAsync(() => new ValueTask<int>(goOn.Task)).AsTask();
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await request.PlanAsync(static () => new ValueTask<int>(1)));
            goOn.SetException(new IOException("no price"));
            await Assert.ThrowsAsync<IOException>(() => failing);
            await context.Response.WriteAsync($"{await request.PlanAsync(static () => new ValueTask<int>(2))}");
        });
        Assert.Equal("2", await app.Client("ada").PostAsync("/", "k").TextAsync());
    }

    [Fact]
    public async Task A_plan_beyond_its_limit_is_refused_and_a_request_that_is_not_keyed_has_none()
    {
        await using var started = app = await KeyedApp.StartAsync(static async context =>
        {
            if (HttpMethods.IsGet(context.Request.Method))
            {
                Assert.Throws<InvalidOperationException>(context.GetIdempotentRequest);
                return;
            }

            await context.GetIdempotentRequest().PlanAsync(static () => new ValueTask<string>(new string('x', IdempotentRequest.MaxPlanBytes)));
        });
        Assert.Contains("262144 bytes", await app.Client("ada").PostAsync("/", "k").TextAsync(HttpStatusCode.RequestEntityTooLarge), StringComparison.Ordinal);
        await app.Client("ada").GetStringAsync("/");
    }

    private static Address Stock => new("stock", "1~shelf");

    private static Address Ledger => new("ledger", "2~book");

    private static Address Orders => new("orders", "ada");

    /// <summary>Plans with what it reads, makes a step, enlists the rest.</summary>
    private async Task OrderAsync(HttpContext context, bool failAfterSteps)
    {
        var (state, request) = (context.GetState(), context.GetIdempotentRequest());
        var plan = await request.PlanAsync(
            async () => new Plan(app.Runs, (await state.ReadAsync(new Address("price", "3~mug")))!.Counter("cents")), PlanJson.Default.Plan);
        var step = await request.StepAsync("stock", new Commit(RecordChange.Update(Stock).Add("left", -1)));
        await request.StepAsync("ledger", new Commit(RecordChange.Update(Ledger).Add("entries", 1)));
        seen.Add($"first of {request.IsRepeated}, plan {plan.Order} for {plan.Price}, step {step.IsCommitted} replay {step.IsReplay}");
        if (failAfterSteps)
        {
            throw new InvalidOperationException("after its steps");
        }

        state.Enlist(RecordChange.Update(Orders).Add("n", 1));
        await context.Response.WriteAsync($"order {plan.Order} for {plan.Price}");
    }

    private async Task SetPriceAsync(int cents)
    {
        await app.Engine.CommitAsync(new Commit(RecordChange.Update(new Address("price", "3~mug")).Set("cents", $"{cents}")));
        app.ForgetCommits();
    }

    internal sealed record Plan(int Order, long Price);

    [JsonSerializable(typeof(Plan))]
    internal sealed partial class PlanJson : JsonSerializerContext;
}
