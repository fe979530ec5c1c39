using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Tests.Sessions;

public sealed class SessionTests : IAsyncLifetime
{
    private CountingEngine engine = null!;
    private readonly HttpClient browser = WebHost.Browser();
    private WebHost host = null!;

    public async ValueTask InitializeAsync()
    {
        engine = await Engines.OpenAsync();
        host = await WebHost.StartAsync(engine, Map);
    }

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await host.DisposeAsync();
        await engine.DisposeAsync();
    }

    [Fact]
    public async Task What_is_set_is_read_by_the_next_request_on_any_instance()
    {
        await using var other = await WebHost.StartAsync(engine, Map);
        await SetAsync("name", "Ada");
        Assert.Equal("Ada", await browser.GetStringAsync(other.At("/get/name")));
    }

    [Fact]
    public async Task A_client_without_a_session_that_reads_gets_none_and_costs_nothing()
    {
        engine.Count();
        using var response = await browser.GetAsync(host.At("/get/name"));
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.False(response.Headers.Contains("Set-Cookie"));
        Assert.Equal((0, 0), engine.Count());
    }

    [Fact]
    public async Task Creating_costs_one_commit_and_writing_one_and_an_untouched_request_nothing()
    {
        engine.Count();
        await SetAsync("a", "1");
        Assert.Equal((0, 1), engine.Count());
        await SetAsync("a", "2");
        Assert.Equal((1, 1), engine.Count());

        // The first time the endpoint might use the session, so it is read ahead.
        await browser.GetStringAsync(host.At("/untouched"));
        Assert.Equal((1, 0), engine.Count());
        await browser.GetStringAsync(host.At("/untouched"));
        Assert.Equal((0, 0), engine.Count());
    }

    [Fact]
    public async Task Reading_changes_no_cookie_and_makes_no_commit()
    {
        await SetAsync("a", "1");
        engine.Count();
        using var response = await browser.GetAsync(host.At("/get/a"));
        Assert.False(response.Headers.Contains("Set-Cookie"));
        Assert.Equal((1, 0), engine.Count());
    }

    [Fact]
    public async Task Only_what_changed_is_committed_as_fields_of_the_session_record()
    {
        await SetAsync("a", "1");
        await SetAsync("b", "2");
        var change = Assert.Single(engine.LastCommit!.Changes);
        Assert.Equal("session", change.Address.Kind);
        var operation = Assert.Single(change.Operations);
        Assert.Equal(("b", FieldOperationKind.Set), (operation.Field, operation.Kind));
        Assert.Equal(ConditionKind.BornAt, Assert.Single(change.Conditions).Kind);
    }

    [Fact]
    public async Task Parallel_requests_that_set_different_keys_all_count()
    {
        await SetAsync("first", "x");
        var keys = Enumerable.Range(0, 50).Select(i => "key" + i).ToList();
        await Task.WhenAll(keys.Select(key => SetAsync(key, key)));
        foreach (var key in keys)
        {
            Assert.Equal(key, await browser.GetStringAsync(host.At("/get/" + key)));
        }
    }

    [Fact]
    public async Task Removing_and_clearing_take_away_what_the_request_has_seen()
    {
        await SetAsync("a", "1");
        await SetAsync("b", "2");
        await SetAsync("c", "3");
        await browser.GetStringAsync(host.At("/remove/a"));
        Assert.Equal("b,c", await browser.GetStringAsync(host.At("/keys")));
        await browser.GetStringAsync(host.At("/clear"));
        Assert.Equal("", await browser.GetStringAsync(host.At("/keys")));
    }

    [Fact]
    public async Task Removing_what_is_not_there_costs_nothing()
    {
        await SetAsync("a", "1");
        engine.Count();
        await browser.GetStringAsync(host.At("/remove/other"));
        Assert.Equal(0, engine.Count().Commits);
    }

    [Theory]
    [InlineData("@rev")]
    [InlineData(".created")]
    [InlineData(".=x")]
    [InlineData("")]
    [InlineData("ключ")]
    public async Task Keys_that_look_like_Holdfasts_own_fields_are_kept_apart(string key)
    {
        await browser.PostAsync(host.At("/set?key=" + Uri.EscapeDataString(key)), new StringContent("value"));
        Assert.Equal("value", await browser.GetStringAsync(host.At("/get?key=" + Uri.EscapeDataString(key))));
        Assert.Equal(key, await browser.GetStringAsync(host.At("/keys")));
    }

    [Fact]
    public async Task A_renewed_session_keeps_what_it_holds_under_another_id_in_the_same_partition()
    {
        await SetAsync("name", "Ada");
        var before = await browser.GetStringAsync(host.At("/id"));
        engine.Count();
        await browser.GetStringAsync(host.At("/renew"));
        Assert.Equal((1, 1), engine.Count());
        var after = await browser.GetStringAsync(host.At("/id"));
        Assert.NotEqual(before, after);
        Assert.Equal(engine.Partitions.PartitionOf(before), engine.Partitions.PartitionOf(after));
        Assert.Equal("Ada", await browser.GetStringAsync(host.At("/get/name")));
        Assert.Equal("yes", await browser.GetStringAsync(host.At("/get/renewed")));
        Assert.Null((await engine.ReadAsync(new Address("session", before))).Record);
    }

    [Fact]
    public async Task A_write_that_crosses_a_renewal_is_taken_along()
    {
        await SetAsync("a", "1");
        var id = await browser.GetStringAsync(host.At("/id"));
        var once = 0;
        engine.BeforeCommit = async commit =>
        {
            if (commit.Changes[0].Kind == ChangeKind.Delete && Interlocked.Exchange(ref once, 1) == 0)
            {
                await engine.CommitAsync(new Commit(RecordChange.Update(new Address("session", id)).Set("b", "crossed")));
            }
        };
        await browser.GetStringAsync(host.At("/renew"));
        Assert.Equal("crossed", await browser.GetStringAsync(host.At("/get/b")));
    }

    [Fact]
    public async Task An_ended_session_is_deleted_and_its_cookie_removed()
    {
        await SetAsync("name", "Ada");
        var id = await browser.GetStringAsync(host.At("/id"));
        using var response = await browser.GetAsync(host.At("/end"));
        Assert.Contains("expires=Thu, 01 Jan 1970", SentCookies.HeaderOf(response, SentCookies.Session));
        Assert.Null((await engine.ReadAsync(new Address("session", id))).Record);
        engine.Count();
        Assert.Equal(HttpStatusCode.NotFound, (await browser.GetAsync(host.At("/get/name"))).StatusCode);
        Assert.Equal((0, 0), engine.Count());
    }

    [Fact]
    public async Task What_is_set_after_the_end_goes_into_a_new_session_in_the_same_commit()
    {
        await SetAsync("name", "Ada");
        var before = await browser.GetStringAsync(host.At("/id"));
        engine.Count();
        await browser.GetStringAsync(host.At("/end-and-tell"));
        Assert.Equal(1, engine.Count().Commits);
        Assert.NotEqual(before, await browser.GetStringAsync(host.At("/id")));
        Assert.Equal("notice", await browser.GetStringAsync(host.At("/keys")));
    }

    [Fact]
    public async Task A_late_commit_does_not_revive_an_ended_session_and_is_told()
    {
        await SetAsync("name", "Ada");
        var address = new Address("session", await browser.GetStringAsync(host.At("/id")));
        var once = 0;
        engine.BeforeCommit = async _ =>
        {
            if (Interlocked.Exchange(ref once, 1) == 0)
            {
                await engine.CommitAsync(new Commit(RecordChange.Delete(address)));
            }
        };
        using var late = await SendSetAsync("late", "write");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, late.StatusCode);
        Assert.False(late.Headers.Contains("Set-Cookie"));
        Assert.NotNull(late.Headers.RetryAfter);
        Assert.Null((await engine.ReadAsync(address)).Record);

        // The repeated request finds no session, and gets a new one.
        using var repeated = await SendSetAsync("late", "write");
        Assert.Equal(HttpStatusCode.OK, repeated.StatusCode);
        Assert.Equal("late", await browser.GetStringAsync(host.At("/keys")));
        Assert.Null((await engine.ReadAsync(address)).Record);
    }

    [Fact]
    public async Task A_session_demanded_by_its_affinity_is_created_with_the_request()
    {
        var affinity = await browser.GetStringAsync(host.At("/affinity"));
        Assert.NotNull((await engine.ReadAsync(new Address("session", affinity))).Record);
        Assert.Equal(affinity, await browser.GetStringAsync(host.At("/id")));
        Assert.Equal(affinity, await browser.GetStringAsync(host.At("/affinity")));
    }

    [Fact]
    public async Task A_session_over_its_limit_is_answered_413_and_nothing_is_written()
    {
        await SetAsync("a", "1");
        using var one = await SendSetAsync("big", new string('x', StateLimits.MaxRecordBytes + 1));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, one.StatusCode);
        Assert.Contains("1048576", await one.Content.ReadAsStringAsync());
        using var half = await SendSetAsync("half", new string('x', (StateLimits.MaxRecordBytes / 2) + 100));
        Assert.Equal(HttpStatusCode.OK, half.StatusCode);
        using var otherHalf = await SendSetAsync("other", new string('x', (StateLimits.MaxRecordBytes / 2) + 100));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, otherHalf.StatusCode);
        using var longKey = await SendSetAsync(new string('k', 300), "x");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, longKey.StatusCode);
        Assert.Equal("a,half", await browser.GetStringAsync(host.At("/keys")));
    }

    [Fact]
    public async Task An_explicit_commit_is_made_at_once_and_its_failure_reaches_the_caller()
    {
        await SetAsync("a", "1");
        engine.Count();
        Assert.Equal("committed", await browser.GetStringAsync(host.At("/commit")));
        Assert.Equal(1, engine.Count().Commits);
        engine.CommitFault = new StateUnavailableException("away");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await browser.GetAsync(host.At("/commit"))).StatusCode);
        engine.Count();

        // What was not committed is tried again with the request's commit, and is not lost in silence.
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await browser.GetAsync(host.At("/commit-anyway"))).StatusCode);
        Assert.Equal(2, engine.Count().Commits);
    }

    internal static void Map(WebApplication app)
    {
        app.UseHoldfast();
        app.MapPost("/set/{key}", async (string key, HttpContext context) =>
        {
            using var reader = new StreamReader(context.Request.Body);
            context.Session.SetString(key, await reader.ReadToEndAsync());
            return "set";
        });
        app.MapPost("/set", async (string key, HttpContext context) =>
        {
            using var reader = new StreamReader(context.Request.Body);
            context.Session.Set(key, Encoding.UTF8.GetBytes(await reader.ReadToEndAsync()));
        });
        app.MapGet("/get", (string key, HttpContext context) => context.Session.GetString(key));
        app.MapGet("/get/{key}", (string key, HttpContext context) =>
            context.Session.GetString(key) is { } value ? Results.Text(value) : Results.NotFound());
        app.MapGet("/remove/{key}", (string key, HttpContext context) => context.Session.Remove(key));
        app.MapGet("/clear", (HttpContext context) => context.Session.Clear());
        app.MapGet("/keys", (HttpContext context) => string.Join(',', context.Session.Keys.Order(StringComparer.Ordinal)));
        app.MapGet("/id", (HttpContext context) => context.Session.Id);
        app.MapGet("/untouched", () => "untouched");
        app.MapGet("/affinity", (HttpContext context) => context.GetState().SessionAffinity);
        app.MapGet("/renew", (HttpContext context) =>
        {
            context.GetState().RenewSession();
            context.Session.SetString("renewed", "yes");
        });
        app.MapGet("/end", (HttpContext context) => context.GetState().EndSession());
        app.MapGet("/end-and-tell", (HttpContext context) =>
        {
            context.GetState().EndSession();
            context.Session.SetString("notice", "You have signed out.");
        });
        app.MapGet("/commit", async (HttpContext context) =>
        {
            context.Session.SetString("explicit", "yes");
            await context.Session.CommitAsync();
            return "committed";
        });
        app.MapGet("/commit-anyway", async (HttpContext context) =>
        {
            context.Session.SetString("explicit", "yes");
            await Assert.ThrowsAsync<StateUnavailableException>(() => context.Session.CommitAsync());
            return "went on";
        });
    }

    private async Task SetAsync(string key, string value)
    {
        using var response = await SendSetAsync(key, value);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private Task<HttpResponseMessage> SendSetAsync(string key, string value) =>
        browser.PostAsync(host.At("/set/" + key), new StringContent(value));
}
