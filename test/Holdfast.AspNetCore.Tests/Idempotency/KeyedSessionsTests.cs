using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Tests.Idempotency;

/// <summary>Keyed requests of sessions that travel, live and take turns in each of their ways.</summary>
public sealed class KeyedSessionsTests
{
    private const string SessionHeader = "Holdfast-Session";

    [Fact]
    public async Task Keyed_requests_that_take_turns_all_count_and_each_of_them_once()
    {
        const int Requests = 10;
        await using var app = await StartAsync();
        var browser = app.Browser();
        await browser.PostAsync("/begin", null);
        var answers = await Task.WhenAll(Enumerable.Range(0, 2 * Requests).Select(async i =>
        {
            using var response = await browser.PostAsync("/turn", $"k{i % Requests}");
            return (response.StatusCode, Text: await response.Content.ReadAsStringAsync());
        }));
        Assert.All(answers, static answer => Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Conflict, answer.Text));
        var counted = new HashSet<string>();
        for (var i = 0; i < Requests; i++)
        {
            counted.Add(await browser.PostAsync("/turn", $"k{i}").TextAsync());
        }

        Assert.Equal(Enumerable.Range(1, Requests).Select(static n => $"{n}").Order(StringComparer.Ordinal), counted.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_turn_costs_a_keyed_request_one_round_trip_and_a_repetition_two()
    {
        // By a clock that stands still neither turn nor claim is renewed meanwhile.
        await using var app = await StartAsync(clock: new SteppedClock());
        var browser = app.Browser();
        await browser.PostAsync("/begin", null);
        app.ForgetCommits();
        await browser.PostAsync("/turn", "k").TextAsync();
        Assert.Equal(3, app.Commits.Count);
        Assert.Contains(app.Commits[2].Changes, static change => change is { Kind: ChangeKind.Delete, Address.Kind: "session-turn" });
        app.ForgetCommits();
        Assert.Equal("1", await browser.PostAsync("/turn", "k").TextAsync());

        // A turn with nothing to commit goes back ahead of the response.
        Assert.Equal(
            ["session-turn", "idempotency idempotency-claim idempotency-usage", "session-turn"],
            app.Commits.Select(static commit => string.Join(' ', commit.Changes.Select(static change => change.Address.Kind))));
    }

    [Fact]
    public async Task A_turn_goes_back_though_the_commit_that_was_to_give_it_back_was_made_by_a_run_that_died()
    {
        var clock = new TestClock();
        await using var app = await StartAsync(clock: clock);
        var browser = app.Browser();
        await browser.PostAsync("/begin", null);
        var session = app.PartitionOf(Assert.Single(await app.KeysAsync("session")).Address.Affinity);
        var apart = "/turn-apart?at=" + app.Engine.Partitions.Pin((session + 1) % app.Engine.Partitions.Count, "x");
        app.Engine.AfterCommit = (commit, result) =>
        {
            // The instance ends when the session's step is made.
            app.Engine.CommitFault = commit.Changes.Any(static change => change.Address.Kind == "session") ? new CommitUnknownException("The process has ended.") : null;
            return Task.FromResult(result);
        };
        await browser.PostAsync(apart, "k").TextAsync(HttpStatusCode.ServiceUnavailable);
        (app.Engine.AfterCommit, app.Engine.CommitFault) = (null, null);
        clock.Move(IdempotencyOptions.DefaultClaimLifetime);
        await browser.PostAsync(apart, "k").TextAsync();
        Assert.Equal("1", await browser.PostAsync("/read", null).TextAsync());
        Assert.Empty(await app.KeysAsync("session-turn"));
    }

    [Fact]
    public async Task A_conflict_under_Detect_is_not_stored_and_a_repetition_runs_again()
    {
        await using var app = await StartAsync();
        var browser = app.Browser();
        await browser.PostAsync("/begin", null);
        app.Engine.BeforeCommit = async commit =>
        {
            if (commit.Changes.Any(static change => change.Address.Kind == "session"))
            {
                app.Engine.BeforeCommit = null;
                await browser.PostAsync("/turn", "other").TextAsync();
            }
        };
        await browser.PostAsync("/detect", "k").TextAsync(HttpStatusCode.Conflict);
        Assert.Equal("2", await browser.PostAsync("/detect", "k").TextAsync());
        Assert.Equal("2", await browser.PostAsync("/detect", "k").TextAsync());
    }

    [Fact]
    public async Task What_a_commit_of_the_handlers_own_made_ahead_of_its_failure_is_not_made_again_with_the_response()
    {
        await using var app = await KeyedApp.StartAsync(static async context =>
        {
            var state = context.GetState();
            state.Enlist(RecordChange.Update(new Address("cart", state.SessionAffinity)).Add("n", 1));
            state.Enlist(state.SessionAffinity, new NewEvent("added", default));
            await Assert.ThrowsAsync<StateUnavailableException>(() => context.Session.CommitAsync());
        });
        app.Engine.BeforeCommit = commit =>
        {
            if (commit.Changes.Any(static change => change.Address.Kind == "session"))
            {
                app.Engine.BeforeCommit = null;
                throw new StateUnavailableException("away");
            }

            return Task.CompletedTask;
        };
        await app.Browser().PostAsync("/", "k").TextAsync();
        var cart = Assert.Single(await app.KeysAsync("cart"));
        Assert.Equal(1, cart.Counter("n"));
        Assert.Single((await app.Engine.ReadJournalAsync(app.PartitionOf(cart.Address.Affinity), default)).Events);
        Assert.Single(await app.KeysAsync("session"));
    }

    [Fact]
    public async Task By_header_whoever_presents_the_session_of_the_first_request_is_told_what_became_of_it()
    {
        await using var app = await StartAsync(static options => options.SessionTransport = SessionTransport.Header);
        using var begun = await app.Client().PostAsync("/begin", null);
        var session = begun.Headers.GetValues(SessionHeader).Single();
        using var first = await PostAsync(app, "/renew", session);
        using var again = await PostAsync(app, "/renew", session);
        Assert.True(again.IsReplayed());
        var renewed = first.Headers.GetValues(SessionHeader).Single();
        Assert.NotEqual(session, renewed);
        foreach (var told in (string[])[renewed, again.Headers.GetValues(SessionHeader).Single()])
        {
            using var read = await PostAsync(app, "/read", told, key: null);
            Assert.Equal("0", await read.Content.ReadAsStringAsync());
        }

        using var stranger = await PostAsync(app, "/renew", session: null);
        Assert.False(stranger.IsReplayed());
        Assert.False(stranger.Headers.Contains(SessionHeader));
        Assert.False(again.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task By_header_a_session_that_the_request_made_gets_its_response_again()
    {
        await using var app = await StartAsync(static options => options.SessionTransport = SessionTransport.Header);
        using var first = await PostAsync(app, "/count", session: null);
        using var again = await PostAsync(app, "/count", first.Headers.GetValues(SessionHeader).Single());
        Assert.True(again.IsReplayed());
        Assert.Equal("1", await again.Content.ReadAsStringAsync());
        Assert.Equal(1, app.Runs);
    }

    [Fact]
    public async Task A_session_that_its_client_holds_moves_to_the_store_with_the_first_keyed_change_and_counts_once_by_header_too()
    {
        await using var app = await StartAsync(static options => (options.SessionStorage, options.SessionTransport) = (SessionStorage.Cookie, SessionTransport.Header));
        using var begun = await app.Client().PostAsync("/begin", null);
        var held = begun.Headers.GetValues(SessionHeader).Single();
        Assert.Empty(await app.KeysAsync("session"));
        var moved = held;
        for (var i = 0; i < 2; i++)
        {
            using var response = await PostAsync(app, "/count", held);
            Assert.Equal((i > 0, "1"), (response.IsReplayed(), await response.Content.ReadAsStringAsync()));
            moved = response.Headers.GetValues(SessionHeader).Single();
        }

        Assert.Single(await app.KeysAsync("session"));
        using var read = await PostAsync(app, "/read", moved, key: null);
        Assert.Equal("1", await read.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Keyed_requests_that_move_it_in_turn_at_once_all_count()
    {
        const int Requests = 10;
        await using var app = await StartAsync(static options => options.SessionStorage = SessionStorage.Cookie);
        var browser = app.Browser();
        await browser.PostAsync("/begin", null);
        var answers = await Task.WhenAll(Enumerable.Range(0, Requests).Select(i => browser.PostAsync("/turn", $"k{i}").TextAsync()));
        Assert.Equal(Requests, answers.Distinct().Count());
        Assert.Equal($"{Requests}", await browser.PostAsync("/read", null).TextAsync());
    }

    private static Task<KeyedApp> StartAsync(Action<HoldfastOptions>? configure = null, TimeProvider? clock = null) => KeyedApp.StartAsync(CountAsync, clock: clock, configure: configure, map: static web =>
    {
        web.MapPost("/begin", static (HttpContext context) => context.Session.SetInt32("n", 0));
        web.MapPost("/read", static (HttpContext context) => context.Session.GetInt32("n")?.ToString(CultureInfo.InvariantCulture));
        web.MapPost("/turn", CountAsync).WithIdempotency().WithSessionConcurrency(SessionConcurrency.Serialize);
        web.MapPost("/turn-apart", CountAsync).WithIdempotency(static options => options with { Affinity = static context => context.Request.Query["at"] })
            .WithSessionConcurrency(SessionConcurrency.Serialize);
        web.MapPost("/detect", CountAsync).WithIdempotency().WithSessionConcurrency(SessionConcurrency.Detect);
        web.MapPost("/renew", static (HttpContext context) => context.GetState().RenewSession()).WithIdempotency();
    });

    private static async Task CountAsync(HttpContext context)
    {
        await context.Session.LoadAsync();
        var n = (context.Session.GetInt32("n") ?? 0) + 1;
        context.Session.SetInt32("n", n);
        await context.Response.WriteAsync(n.ToString(CultureInfo.InvariantCulture));
    }

    private static async Task<HttpResponseMessage> PostAsync(KeyedApp app, string path, string? session, string? key = "k")
    {
        var client = app.Client();
        if (session is not null)
        {
            client.DefaultRequestHeaders.Add(SessionHeader, session);
        }

        return await client.PostAsync(path, key);
    }
}
