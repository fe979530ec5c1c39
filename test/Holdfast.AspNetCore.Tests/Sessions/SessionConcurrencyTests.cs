using System.Globalization;
using System.Net;
using Holdfast.AspNetCore.Tests.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Holdfast.AspNetCore.Tests.Sessions;

/// <summary>Requests of one session at the same time, on two instances, in each of the declared ways.</summary>
public sealed class SessionConcurrencyTests : IAsyncLifetime
{
    private readonly HttpClient browser = WebHost.Browser();
    private readonly RecordedLog log = new();
    private LongCounter conflicts = null!;
    private CountingEngine engine = null!;
    private WebHost first = null!;
    private WebHost second = null!;

    public async ValueTask InitializeAsync()
    {
        engine = await Engines.OpenAsync();
        first = await WebHost.StartAsync(engine, Map, build: builder => builder.Logging.AddProvider(log));
        conflicts = new LongCounter(first, "holdfast.sessions.conflicts");
        second = await WebHost.StartAsync(engine, Map);
        await browser.GetAsync(first.At("/set?key=count&value=0"));
    }

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        conflicts.Dispose();
        await first.DisposeAsync();
        await second.DisposeAsync();
        await engine.DisposeAsync();
    }

    [Fact]
    public async Task Merge_overwrites_what_was_read_and_set_and_counts_and_logs_it()
    {
        Assert.Equal(HttpStatusCode.OK, await CrossAsync("/merge"));
        Assert.Equal("1", await browser.GetStringAsync(second.At("/get?key=count")));
        Assert.Equal(1, conflicts.Value);
        Assert.Single(log.Lines, static line => line.Level == LogLevel.Warning && line.Text.Contains("'count'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_key_that_was_only_set_is_no_conflict()
    {
        Assert.Equal(HttpStatusCode.OK, await CrossAsync("/blind"));
        Assert.Equal("1", await browser.GetStringAsync(second.At("/get?key=count")));
        Assert.Equal(0, conflicts.Value);
    }

    [Fact]
    public async Task Detect_answers_409_and_writes_nothing()
    {
        Assert.Equal(HttpStatusCode.Conflict, await CrossAsync("/detect"));
        Assert.Equal("100", await browser.GetStringAsync(second.At("/get?key=count")));
        Assert.Equal("", await browser.GetStringAsync(second.At("/get?key=other")));
        Assert.Equal(1, conflicts.Value);
    }

    [Fact]
    public async Task Detect_sees_a_key_that_was_absent_when_it_was_read()
    {
        Assert.Equal(HttpStatusCode.Conflict, await CrossAsync("/detect?key=new", "/set?key=new&value=7"));
        Assert.Equal("7", await browser.GetStringAsync(second.At("/get?key=new")));
    }

    [Fact]
    public async Task Detect_lets_requests_that_read_and_set_different_keys_pass()
    {
        Assert.Equal(HttpStatusCode.OK, await CrossAsync("/detect", "/set?key=unrelated&value=7"));
        Assert.Equal("1", await browser.GetStringAsync(second.At("/get?key=count")));
    }

    [Theory]
    [InlineData("/detect-and-enlist")]
    [InlineData("/detect-and-sign-in")]
    public async Task Detect_writes_nothing_elsewhere_either(string path)
    {
        Assert.Equal(HttpStatusCode.Conflict, await CrossAsync(path));
        Assert.Equal("100", await browser.GetStringAsync(second.At("/get?key=count")));
        Assert.Empty(await engine.RecordsAsync("thing"));
        Assert.Empty(await engine.RecordsAsync("logins"));
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync(first.At(path))).StatusCode);
        Assert.Equal("101", await browser.GetStringAsync(second.At("/get?key=count")));
    }

    [Theory]
    [InlineData("/detect-own", "/get?key=own", HttpStatusCode.OK)]
    [InlineData("/merge-own", "/get?key=own", HttpStatusCode.OK)]
    [InlineData("/detect-own", "/increment-own", HttpStatusCode.Conflict)]
    public async Task What_the_request_has_counted_and_committed_itself_is_no_conflict(string path, string other, HttpStatusCode expected)
    {
        Assert.Equal(expected, await CrossAsync(path, other));
        Assert.Equal(expected == HttpStatusCode.OK ? "100" : "2", await browser.GetStringAsync(second.At("/get?key=own")));
        Assert.Equal(expected == HttpStatusCode.OK ? 0 : 1, conflicts.Value);
    }

    [Fact]
    public async Task A_renewal_under_detect_takes_along_what_it_did_not_touch_and_refuses_what_it_did()
    {
        Assert.Equal(HttpStatusCode.OK, await CrossAsync("/detect?renew=true", "/set?key=unrelated&value=7"));
        Assert.Equal("7", await browser.GetStringAsync(second.At("/get?key=unrelated")));
    }

    [Fact]
    public async Task Serialized_requests_count_without_a_loss_on_two_instances()
    {
        // By a clock that stands still nobody waits too long, however late the last turn comes.
        const int Requests = 200;
        await using var stepped = await Engines.OpenAsync(new SteppedClock());
        await using var one = await WebHost.StartAsync(stepped, Map);
        await using var other = await WebHost.StartAsync(stepped, Map);
        using var lost = new LongCounter(one, "holdfast.sessions.conflicts");
        await browser.GetAsync(one.At("/set?key=count&value=0"));
        var answers = await Task.WhenAll(Enumerable.Range(0, Requests).Select(i => browser.GetAsync((i % 2 == 0 ? one : other).At("/serialize"))));
        Assert.All(answers, static answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Equal($"{Requests}", await browser.GetStringAsync(other.At("/get?key=count")));
        Assert.Equal(0, lost.Value);
    }

    [Fact]
    public async Task A_turn_costs_one_round_trip_and_goes_back_with_the_commit()
    {
        // By a clock that stands still the turn lasts, and is not renewed meanwhile.
        await using var stepped = await Engines.OpenAsync(new SteppedClock());
        await using var host = await WebHost.StartAsync(stepped, Map);
        await browser.GetAsync(host.At("/serialize"));
        stepped.Count();
        await browser.GetAsync(host.At("/serialize"));
        Assert.Equal(2, stepped.Count().Commits);
        Assert.Contains(stepped.LastCommit!.Changes, static change => change is { Kind: ChangeKind.Delete, Address.Kind: "session-turn" });
    }

    [Fact]
    public async Task The_turn_of_an_instance_that_died_ends_by_itself_and_nothing_is_lost()
    {
        Assert.NotNull(await Lease.TryAcquireAsync(engine, new Address("session-turn", await browser.GetStringAsync(first.At("/affinity"))), TimeSpan.FromSeconds(10)));
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync(second.At("/serialize"))).StatusCode);
        Assert.Equal("1", await browser.GetStringAsync(first.At("/get?key=count")));
    }

    [Fact]
    public async Task Whoever_waits_too_long_for_a_turn_is_told_when_to_come_again_and_nothing_is_written()
    {
        var clock = new SteppedClock();
        await using var stepped = await Engines.OpenAsync(clock);
        await using var host = await WebHost.StartAsync(stepped, Map);
        await browser.GetAsync(host.At("/set?key=count&value=0"));
        await using var other = await Lease.TryAcquireAsync(
            stepped, new Address("session-turn", await browser.GetStringAsync(host.At("/affinity"))), TimeSpan.FromMinutes(10));
        var waiting = browser.GetAsync(host.At("/serialize"));
        var began = TimeProvider.System.GetTimestamp();
        while (!clock.HasTimer(TimeSpan.FromSeconds(29), TimeSpan.FromSeconds(30)))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(100), "Nobody waits.");
            await Task.Delay(10);
        }

        clock.Move(TimeSpan.FromSeconds(30));
        using var told = await waiting;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, told.StatusCode);
        Assert.NotNull(told.Headers.RetryAfter);
        Assert.Equal("0", await browser.GetStringAsync(host.At("/get?key=count")));
    }

    [Fact]
    public async Task A_serialized_request_that_only_reads_gives_its_turn_back()
    {
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("0", await browser.GetStringAsync(first.At("/serialize-read")));
        }
    }

    [Fact]
    public async Task A_handler_that_throws_gives_its_turn_back()
    {
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(HttpStatusCode.InternalServerError, (await browser.GetAsync(second.At("/serialize-throw"))).StatusCode);
        }

        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync(first.At("/serialize"))).StatusCode);
    }

    /// <summary>Runs the request and, while it waits between reading and setting, the other one on another instance.</summary>
    private async Task<HttpStatusCode> CrossAsync(string path, string other = "/set?key=count&value=100")
    {
        engine.BeforeCommit = async commit =>
        {
            engine.BeforeCommit = null;
            using var crossed = await browser.GetAsync(second.At(other));
            Assert.Equal(HttpStatusCode.OK, crossed.StatusCode);
        };
        using var response = await browser.GetAsync(first.At(path));
        Assert.Null(engine.BeforeCommit);
        return response.StatusCode;
    }

    private static void Map(WebApplication app)
    {
        app.UseHoldfast();
        app.MapGet("/get", (HttpContext context, string key) => context.Session.GetString(key) ?? "");
        app.MapGet("/affinity", (HttpContext context) => context.GetState().SessionAffinity);
        app.MapGet("/set", (HttpContext context, string key, string value) => context.Session.SetString(key, value));
        app.MapGet("/blind", (HttpContext context) => context.Session.SetString("count", "1"));
        app.MapGet("/merge", Increment);
        app.MapGet("/detect", Increment).WithSessionConcurrency(SessionConcurrency.Detect);
        app.MapGet("/detect-and-enlist", (HttpContext context) =>
        {
            var state = context.GetState();
            Increment(context, null, null);
            var elsewhere = (state.Engine.Partitions.PartitionOf(state.SessionAffinity) + 1) % state.Engine.Partitions.Count;
            state.Enlist(RecordChange.Update(new Address("thing", state.Engine.Partitions.Pin(elsewhere, "x"))).Add("n", 1));
        }).WithSessionConcurrency(SessionConcurrency.Detect);
        app.MapGet("/detect-and-sign-in", async (HttpContext context) =>
        {
            Increment(context, null, null);
            await context.GetState().SignInAsync("ada");
        }).WithSessionConcurrency(SessionConcurrency.Detect);
        app.MapGet("/increment-own", async (HttpContext context) => { await context.GetState().SessionValues.IncrementAsync("own"); });
        app.MapGet("/merge-own", CountAndSetAsync);
        app.MapGet("/detect-own", CountAndSetAsync).WithSessionConcurrency(SessionConcurrency.Detect);
        app.MapGet("/serialize", async (HttpContext context) =>
        {
            await context.Session.LoadAsync();
            Increment(context, null, null);
        }).WithSessionConcurrency(SessionConcurrency.Serialize);
        app.MapGet("/serialize-read", [SessionConcurrency(SessionConcurrency.Serialize)] (HttpContext context) => context.Session.GetString("count") ?? "");
        app.MapGet("/serialize-throw", string (HttpContext context) => throw new InvalidOperationException(context.Session.GetString("count")))
            .WithSessionConcurrency(SessionConcurrency.Serialize);
    }

    private static async Task CountAndSetAsync(HttpContext context)
    {
        _ = context.Session.GetString("own");
        await context.GetState().SessionValues.IncrementAsync("own");
        await context.Session.CommitAsync();
        context.Session.SetString("own", "100");
    }

    private static void Increment(HttpContext context, string? key, bool? renew)
    {
        key ??= "count";
        var count = int.Parse(context.Session.GetString(key) ?? "0", CultureInfo.InvariantCulture);
        if (renew == true)
        {
            context.GetState().RenewSession();
        }

        context.Session.SetString(key, $"{count + 1}");
        context.Session.SetString("other", "set too");
    }
}
