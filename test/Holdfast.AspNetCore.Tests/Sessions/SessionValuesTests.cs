using System.Globalization;
using System.Net;
using Holdfast.AspNetCore.Tests.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Tests.Sessions;

public sealed class SessionValuesTests : IAsyncLifetime
{
    private readonly TestClock clock = new();
    private readonly HttpClient browser = WebHost.Browser();
    private CountingEngine engine = null!;
    private WebHost host = null!;

    public async ValueTask InitializeAsync()
    {
        engine = await Engines.OpenAsync(clock);
        host = await WebHost.StartAsync(engine, Map);
        await browser.GetStringAsync(host.At("/set?name=Ada"));
    }

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await host.DisposeAsync();
        await engine.DisposeAsync();
    }

    [Fact]
    public async Task A_value_is_JSON_under_the_key_that_ISession_has_too()
    {
        Assert.Equal("Ada", await browser.GetStringAsync(host.At("/person")));
        Assert.Equal("""{"Name":"Ada","Age":36}""", await browser.GetStringAsync(host.At("/raw/person")));
        await browser.GetStringAsync(host.At("/remove"));
        Assert.Equal("nobody", await browser.GetStringAsync(host.At("/person")));
    }

    [Theory]
    [InlineData("/increment")]
    [InlineData("/update-retried")]
    public async Task Parallel_counting_loses_nothing(string path)
    {
        var requests = path == "/increment" ? 200 : 8;
        var answers = await Task.WhenAll(Enumerable.Range(0, requests).Select(_ => browser.GetAsync(host.At(path))));
        Assert.All(answers, static answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Equal(requests.ToString(CultureInfo.InvariantCulture), await browser.GetStringAsync(host.At("/count")));
    }

    [Fact]
    public async Task Of_parallel_raises_the_highest_stands()
    {
        await Task.WhenAll(Enumerable.Range(1, 20).Select(floor => browser.GetAsync(host.At("/raise/" + floor))));
        Assert.Equal("20", await browser.GetStringAsync(host.At("/count")));
    }

    [Fact]
    public async Task Parallel_requests_that_change_different_entries_of_a_map_merge()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => browser.GetAsync(host.At("/map/sku" + i))));
        Assert.Equal("20", await browser.GetStringAsync(host.At("/map-count")));
        Assert.Equal("2", await browser.GetStringAsync(host.At("/raw/cart:sku7")));
    }

    [Fact]
    public async Task An_update_that_meets_another_is_made_anew_on_what_that_left()
    {
        var once = 0;
        engine.BeforeCommit = async commit =>
        {
            if (Interlocked.Exchange(ref once, 1) == 0)
            {
                await engine.CommitAsync(new Commit(RecordChange.Update(commit.Changes[0].Address).Set("n", "40")));
            }
        };
        await browser.GetStringAsync(host.At("/update-retried"));
        Assert.Equal("41", await browser.GetStringAsync(host.At("/count")));
    }

    [Fact]
    public async Task A_value_that_this_version_can_not_read_counts_as_absent_and_stays()
    {
        using var unreadable = new LongCounter(host, "holdfast.sessions.unreadable");
        await browser.GetStringAsync(host.At("/put/person?value=[1]"));
        Assert.Equal("nobody", await browser.GetStringAsync(host.At("/person")));
        Assert.Equal("nobody", await browser.GetStringAsync(host.At("/person")));
        Assert.Equal("[1]", await browser.GetStringAsync(host.At("/raw/person")));
        Assert.Equal(2, unreadable.Value);
        await browser.GetStringAsync(host.At("/set?name=Eve"));
        Assert.Equal("Eve", await browser.GetStringAsync(host.At("/person")));
    }

    [Fact]
    public async Task A_field_of_a_later_release_of_Holdfast_is_no_key_and_survives_renewal()
    {
        var id = await browser.GetStringAsync(host.At("/id"));
        await engine.CommitAsync(new Commit(RecordChange.Update(new Address("session", id)).Set(".future", "kept")));
        await browser.GetStringAsync(host.At("/renew"));
        Assert.Equal("person,renewed", await browser.GetStringAsync(host.At("/keys")));
        var renewed = await browser.GetStringAsync(host.At("/id"));
        Assert.Equal("kept", (await engine.ReadAsync(new Address("session", renewed))).Record!.Text(".future"));
    }

    [Theory]
    [InlineData("/peek")]
    [InlineData("/peek-by-call")]
    public async Task Peeking_does_not_keep_a_session_alive(string path)
    {
        for (var i = 0; i < 3; i++)
        {
            clock.Move(TimeSpan.FromMinutes(6));
            Assert.Equal("Ada", await browser.GetStringAsync(host.At(path)));
        }

        clock.Move(TimeSpan.FromMinutes(6));
        Assert.Equal("nobody", await browser.GetStringAsync(host.At(path)));
    }

    [Fact]
    public async Task What_heeds_parallel_requests_in_two_ways_at_once_is_refused()
    {
        Assert.Equal("InvalidOperationException", await browser.GetStringAsync(host.At("/mixed")));
        Assert.Equal("ArgumentOutOfRangeException", await browser.GetStringAsync(host.At("/too-far")));
        Assert.Equal("FormatException", await browser.GetStringAsync(host.At("/no-counter")));
    }

    [Fact]
    public async Task Counting_moves_a_session_from_the_cookie_to_the_store()
    {
        await using var held = await WebHost.StartAsync(engine, Map, options => options.SessionStorage = SessionStorage.Cookie);
        using var other = WebHost.Browser();
        await other.GetStringAsync(held.At("/set?name=Ada"));
        var id = await other.GetStringAsync(held.At("/id"));
        Assert.Null((await engine.ReadAsync(new Address("session", id))).Record);
        await other.GetStringAsync(held.At("/increment"));
        Assert.Equal(1, (await engine.ReadAsync(new Address("session", id))).Record!.Counter("n"));
    }

    private static void Map(WebApplication app)
    {
        SessionTests.Map(app);
        app.MapGet("/set", async (string name, HttpContext context) => await Values(context).SetAsync("person", new Person(name, 36)));
        app.MapGet("/person", (HttpContext context) => NameAsync(context));
        app.MapGet("/peek", (HttpContext context) => NameAsync(context)).WithSessionPeek();
        app.MapGet("/peek-by-call", (HttpContext context) =>
        {
            Values(context).Peek();
            return NameAsync(context);
        });
        app.MapGet("/remove", async (HttpContext context) => await Values(context).RemoveAsync("person"));
        app.MapGet("/raw/{key}", (string key, HttpContext context) => context.Session.GetString(key) ?? "");
        app.MapGet("/put/{key}", (string key, string value, HttpContext context) => context.Session.SetString(key, value));
        app.MapGet("/increment", async (HttpContext context) => await Values(context).IncrementAsync("n"));
        app.MapGet("/raise/{floor}", async (long floor, HttpContext context) => await Values(context).RaiseToAsync("n", floor));
        app.MapGet("/update-retried", async (HttpContext context) => await Values(context).UpdateAsync<int>("n", static n => n + 1));
        app.MapGet("/count", (HttpContext context) => Values(context).CountAsync("n"));
        app.MapGet("/map/{sku}", async (string sku, HttpContext context) => await Values(context).Map<int>("cart").SetAsync(sku, 2));
        app.MapGet("/map-count", (HttpContext context) => EntriesAsync(context));
        app.MapGet("/mixed", (HttpContext context) => ProblemAsync(context, async values =>
        {
            await values.IncrementAsync("n");
            await values.UpdateAsync<int>("n", static n => n);
        }));
        app.MapGet("/too-far", (HttpContext context) => ProblemAsync(context, static async values => await values.IncrementAsync("n", 1L << 53)));
        app.MapGet("/no-counter", (HttpContext context) => ProblemAsync(context, static async values => await values.IncrementAsync("person")));
    }

    private static SessionValues Values(HttpContext context) => context.GetState().SessionValues;

    private static async ValueTask<int> EntriesAsync(HttpContext context) => (await Values(context).Map<int>("cart").EntriesAsync()).Count;

    private static async ValueTask<string> NameAsync(HttpContext context) => (await Values(context).GetAsync<Person>("person"))?.Name ?? "nobody";

    private static async ValueTask<string> ProblemAsync(HttpContext context, Func<SessionValues, Task> call)
    {
        var fault = await Xunit.Record.ExceptionAsync(() => call(Values(context)));
        context.Session.Remove("n");
        return fault?.GetType().Name ?? "none";
    }

    private sealed record Person(string Name, int Age);
}
