using System.Globalization;
using System.Text.RegularExpressions;
using Holdfast.AspNetCore.Tests.Sessions;
using Holdfast.TestServers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Tests.Requests;

/// <summary>The table of round trips of the sessions' page, by the count of redis-server, and what a response in development tells of it.</summary>
public sealed partial class RequestCostTests : IAsyncLifetime
{
    private readonly HttpClient browser = WebHost.Browser();
    private RedisServer redis = null!;
    private WebHost host = null!;

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServer.StartAsync();
        host = await StartAsync(new StandingClock());

        // The endpoints are known by then, so that those that don't use the session are not read ahead.
        foreach (var path in (string[])["/untouched", "/nothing"])
        {
            await browser.GetStringAsync(host.At(path));
        }
    }

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await host.DisposeAsync();
        await redis.DisposeAsync();
    }

    [Fact]
    public async Task A_request_costs_the_round_trips_that_the_table_has()
    {
        await CheckAsync(0, "/keys");
        await CheckAsync(1, "/set");
        await CheckAsync(0, "/keys");
        await CheckAsync(0, "/untouched");
        await CheckAsync(1, "/set");
        await CheckAsync(1, "/renew");
        await CheckAsync(0, "/keys");
        await CheckAsync(2, "/set-and-commit-of-its-own");
        await CheckAsync(1, "/set-and-enlist-at-home");
        await CheckAsync(2, "/set-and-enlist-elsewhere");
        await CheckAsync(1, "/read-elsewhere");
        await CheckAsync(2, "/set-in-turn");
        await CheckAsync(2, "/keys-in-turn");
        await CheckAsync(3, "/detect-and-enlist-elsewhere");
        await CheckAsync(4, "/set-in-turn-and-enlist-elsewhere");
        await CheckAsync(1, "/end");
        await CheckAsync(0, "/keys");
    }

    [Fact]
    public async Task A_keyed_request_costs_two_round_trips_and_one_for_each_other_partition_and_a_repetition_one()
    {
        await CheckAsync(1, "/set");
        await CheckAsync(2, "/keyed", key: "a");
        await CheckAsync(1, "/keyed", key: "a");
        await CheckAsync(3, "/keyed-elsewhere", key: "b");
        await CheckAsync(3, "/keyed-plan", key: "c");
        await CheckAsync(3, "/keyed-in-turn", key: "d");
        await CheckAsync(0, "/keys");
    }

    [Fact]
    public async Task An_instance_that_has_not_seen_the_session_reads_it_once()
    {
        await CheckAsync(1, "/set");
        await using var other = await StartAsync(new StandingClock());
        await CheckAsync(1, "/keys", other);
        await CheckAsync(0, "/keys", other);
        await CheckAsync(1, "/set", other);
    }

    [Fact]
    public async Task Bytes_and_time_are_told_and_measured()
    {
        await using var timed = await StartAsync(TimeProvider.System);
        using var roundTrips = new Measured<int>(timed, "holdfast.request.round_trips");
        using var bytes = new Measured<long>(timed, "holdfast.request.bytes");
        using var duration = new Measured<double>(timed, "holdfast.request.wait_duration");
        var (trips, told, milliseconds) = await CostAsync("/set", timed);
        Assert.Equal(1, trips);

        // The field a, a value of 36 characters, and .created with 13 digits: sent, and told back.
        Assert.Equal(2 * (1 + 36 + 8 + 13), told);
        Assert.True(milliseconds > 0);
        await timed.DisposeAsync();
        Assert.Equal([1], roundTrips.Values);
        Assert.Equal([told], bytes.Values);
        Assert.Equal(milliseconds / 1000, Assert.Single(duration.Values), tolerance: 0.000001);
    }

    [Fact]
    public async Task An_answer_in_the_handlers_stead_tells_its_cost_too_and_an_applications_own_timing_stays()
    {
        using var conflict = await browser.GetAsync(host.At("/conflict"));
        Assert.Equal(System.Net.HttpStatusCode.Conflict, conflict.StatusCode);
        Assert.Single(conflict.Headers.GetValues("Server-Timing"));
        using var own = await browser.GetAsync(host.At("/own-timing"));
        Assert.Equal(["app;dur=1", "state;dur=0;desc=\"0 round trips, 0 bytes\""], own.Headers.GetValues("Server-Timing"));
    }

    [Fact]
    public async Task In_production_no_response_tells_its_cost()
    {
        await using var production = await WebHost.StartAsync(
            null, Map, options => (options.State, options.Engine) = (redis.ConnectionString, PatientOptions.Default));
        using var response = await browser.GetAsync(production.At("/set"));
        Assert.False(response.Headers.Contains("Server-Timing"));
    }

    // Where the time does not pass, the near cache's proof that it hears of changes lasts from one request to the next on any machine.
    private Task<WebHost> StartAsync(TimeProvider clock) => WebHost.StartAsync(
        null,
        Map,
        options =>
        {
            options.State = redis.ConnectionString;
            options.Engine = PatientOptions.Default with { Clock = clock };
        },
        environment: "Development");

    private static void Map(WebApplication app)
    {
        var elsewhere = new Address("thing", "x");
        SessionTests.Map(app);
        app.MapGet("/nothing", () => "");
        app.MapGet("/set", (HttpContext context) => Set(context));
        app.MapGet("/set-and-commit-of-its-own", async (HttpContext context) =>
        {
            Set(context);
            await context.GetState().CommitAsync(new Commit(RecordChange.Update(elsewhere).Add("n", 1)));
        });
        app.MapGet("/set-and-enlist-at-home", (HttpContext context) =>
        {
            Set(context);
            context.GetState().Enlist(RecordChange.Update(new Address("cart", context.GetState().SessionAffinity)).Add("n", 1));
        });
        app.MapGet("/set-and-enlist-elsewhere", (HttpContext context) =>
        {
            Set(context);
            EnlistElsewhere(context.GetState());
        });
        app.MapGet("/read-elsewhere", async (HttpContext context) =>
            (await context.GetState().ReadAsync(new Address("thing", "x", "never-read"), context.RequestAborted))?.Text("f"));
        app.MapGet("/set-in-turn", (HttpContext context) => Set(context)).WithSessionConcurrency(SessionConcurrency.Serialize);
        app.MapGet("/set-in-turn-and-enlist-elsewhere", (HttpContext context) =>
        {
            Set(context);
            EnlistElsewhere(context.GetState());
        }).WithSessionConcurrency(SessionConcurrency.Serialize);
        app.MapGet("/detect-and-enlist-elsewhere", (HttpContext context) =>
        {
            _ = context.Session.GetString("a");
            Set(context);
            EnlistElsewhere(context.GetState());
        }).WithSessionConcurrency(SessionConcurrency.Detect);
        app.MapGet("/keys-in-turn", (HttpContext context) => context.Session.Keys.Count()).WithSessionConcurrency(SessionConcurrency.Serialize);
        app.MapPost("/keyed", (HttpContext context) => Set(context)).WithIdempotency();
        app.MapPost("/keyed-elsewhere", (HttpContext context) =>
        {
            Set(context);
            EnlistElsewhere(context.GetState());
        }).WithIdempotency();
        app.MapPost("/keyed-plan", async (HttpContext context) =>
        {
            Set(context);
            await context.GetIdempotentRequest().PlanAsync(static () => new ValueTask<string>("a plan"));
        }).WithIdempotency();
        app.MapPost("/keyed-in-turn", (HttpContext context) => Set(context)).WithIdempotency().WithSessionConcurrency(SessionConcurrency.Serialize);
        app.MapGet("/conflict", (HttpContext context) =>
            context.GetState().Enlist(RecordChange.Update(elsewhere).When(Condition.RevisionIs(1_000_000)).Add("n", 1)));
        app.MapGet("/own-timing", (HttpContext context) =>
        {
            context.Response.Headers["Server-Timing"] = "app;dur=1";
        });
    }

    private static void EnlistElsewhere(RequestState state)
    {
        var far = (state.Engine.Partitions.PartitionOf(state.SessionAffinity) + 1) % state.Engine.Partitions.Count;
        state.Enlist(RecordChange.Update(new Address("thing", state.Engine.Partitions.Pin(far, "far"))).Add("n", 1));
    }

    private static void Set(HttpContext context) => context.Session.SetString("a", Guid.NewGuid().ToString());

    private async Task CheckAsync(int expected, string path, WebHost? at = null, string? key = null)
    {
        var before = await RedisCalls.CountAsync(redis);
        var (roundTrips, _, _) = await CostAsync(path, at ?? host, key);
        Assert.Equal((path, expected), (path, roundTrips));
        Assert.Equal((path, expected), (path, (int)(await RedisCalls.CountAsync(redis) - before)));
    }

    private async Task<(int RoundTrips, long Bytes, double Milliseconds)> CostAsync(string path, WebHost at, string? key = null)
    {
        using var request = new HttpRequestMessage(key is null ? HttpMethod.Get : HttpMethod.Post, at.At(path));
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", $"\"{key}\"");
        }

        using var response = await browser.SendAsync(request);
        response.EnsureSuccessStatusCode();
        var told = Told().Match(response.Headers.GetValues("Server-Timing").Single());
        Assert.True(told.Success);
        return (
            int.Parse(told.Groups[2].ValueSpan, CultureInfo.InvariantCulture),
            long.Parse(told.Groups[3].ValueSpan, CultureInfo.InvariantCulture),
            double.Parse(told.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex("^state;dur=([0-9.]+);desc=\"([0-9]+) round trips?, ([0-9]+) bytes\"$")]
    private static partial Regex Told();
}
