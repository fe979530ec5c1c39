using System.Net;
using System.Text;
using Holdfast.AspNetCore.Tests.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.AspNetCore.Tests.Sessions;

/// <summary>Sessions that live in the cookie while they are small.</summary>
public sealed class HeldSessionTests : IAsyncLifetime
{
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(20);
    private readonly TestClock clock = new();
    private readonly CookieContainer jar = new();
    private HttpClient browser = null!;
    private CountingEngine engine = null!;
    private WebHost host = null!;

    public async ValueTask InitializeAsync()
    {
        browser = WebHost.Browser(jar);
        engine = await Engines.OpenAsync(clock);
        host = await StartAsync();
        engine.Count();
    }

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await host.DisposeAsync();
        await engine.DisposeAsync();
    }

    [Fact]
    public async Task A_small_session_costs_the_store_nothing_and_is_read_by_any_instance()
    {
        using var created = new LongCounter(host, "holdfast.sessions.created");
        await SetAsync("name", "Ada");
        await SetAsync("town", "London");
        await using var other = await StartAsync();
        engine.Count();
        Assert.Equal("Ada", await browser.GetStringAsync(other.At("/get/name")));
        await browser.GetStringAsync(other.At("/remove/name"));
        Assert.Equal("town", await browser.GetStringAsync(host.At("/keys")));
        Assert.Equal(await browser.GetStringAsync(host.At("/id")), await browser.GetStringAsync(other.At("/id")));
        Assert.Equal((0, 0), engine.Count());
        Assert.Equal(1, created.Value);
    }

    [Fact]
    public async Task Reading_sends_no_cookie_and_whoever_reads_without_a_session_gets_none()
    {
        await SetAsync("a", "1");
        using var read = await browser.GetAsync(host.At("/get/a"));
        Assert.Empty(SentCookies.HeadersOf(read));
        using var plain = WebHost.Plain();
        using var nobody = await plain.GetAsync(host.At("/keys"));
        Assert.Empty(SentCookies.HeadersOf(nobody));
        Assert.Equal((0, 0), engine.Count());
    }

    [Fact]
    public async Task One_that_outgrows_its_limit_moves_to_the_store_under_its_id()
    {
        await SetAsync("a", "1");
        var id = await browser.GetStringAsync(host.At("/id"));
        Assert.Equal(HttpStatusCode.OK, (await SendSetAsync("big", new string('x', HoldfastOptions.DefaultCookieSessionMaxBytes))).StatusCode);
        Assert.Equal((0, 1), engine.Count());
        Assert.Equal(id, await browser.GetStringAsync(host.At("/id")));
        Assert.Equal("1", (await StoredAsync(id))!.Text("a"));
        await SetAsync("a", "2");
        await browser.GetStringAsync(host.At("/remove/big"));
        Assert.Equal("2", await browser.GetStringAsync(host.At("/get/a")));
        Assert.Equal("2", (await StoredAsync(id))!.Text("a"));
    }

    [Fact]
    public async Task Name_and_value_stay_within_4096_bytes_at_the_largest()
    {
        var name = new string('N', 64);
        await using var large = await StartAsync(options => (options.CookieSessionMaxBytes, options.CookieName) = (2940, name));
        using var plain = WebHost.Plain();
        var inCookie = 0;
        for (var length = 2800; length < 2940; length++)
        {
            using var response = await plain.PostAsync(large.At("/set/a?https"), new StringContent(new string('x', length)));
            var header = SentCookies.HeaderOf(response, "__Host-" + name)!.Split(';')[0];
            Assert.InRange(header.Length - 1, 1, 4096);
            inCookie += header.Length > 3500 ? 1 : 0;
        }

        Assert.InRange(inCookie, 1, 139);
    }

    [Theory]
    [InlineData("/affinity")]
    [InlineData("/commit")]
    [InlineData("/detect")]
    [InlineData("/serialize")]
    public async Task What_only_the_store_can_do_moves_it_there(string path)
    {
        await SetAsync("a", "1");
        var id = await browser.GetStringAsync(host.At("/id"));
        await browser.GetStringAsync(host.At(path));
        Assert.Equal("1", (await StoredAsync(id))!.Text("a"));
        await SetAsync("b", "2");
        Assert.Equal("2", (await StoredAsync(id))!.Text("b"));
    }

    [Fact]
    public async Task A_keyed_request_moves_it_to_the_store_so_that_a_repetition_finds_what_it_set()
    {
        await SetAsync("a", "1");
        var before = jar.GetCookieHeader(host.Url);
        using var plain = WebHost.Plain();
        for (var i = 0; i < 2; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, host.At("/keyed")) { Headers = { { "Cookie", before }, { "Idempotency-Key", "\"k\"" } } };
            using var response = await plain.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.Equal(1, (await StoredAsync(await browser.GetStringAsync(host.At("/id"))))!.Counter("count"));
    }

    [Fact]
    public async Task Renewing_gives_it_a_new_id_in_the_store_and_it_keeps_its_age()
    {
        await SetAsync("a", "1");
        var id = await browser.GetStringAsync(host.At("/id"));
        var created = clock.GetUtcNow();
        clock.Move(Idle / 2);
        await browser.GetStringAsync(host.At("/renew"));
        var renewed = await browser.GetStringAsync(host.At("/id"));
        Assert.NotEqual(id, renewed);
        Assert.Null(await StoredAsync(id));
        var record = (await StoredAsync(renewed))!;
        Assert.Equal("1", record.Text("a"));
        Assert.Equal(created.ToUnixTimeMilliseconds().ToString(System.Globalization.CultureInfo.InvariantCulture), record.Text(".created"));
    }

    [Fact]
    public async Task Who_signs_in_has_a_session_in_the_store_that_can_be_listed_and_ended()
    {
        await SetAsync("a", "1");
        var held = jar.GetCookieHeader(host.Url);
        await browser.GetStringAsync(host.At("/sign-in"));
        Assert.Equal("ada", await browser.GetStringAsync(host.At("/user")));
        Assert.Equal("1", await browser.GetStringAsync(host.At("/get/a")));
        var directory = host.Services.GetRequiredService<SessionDirectory>();
        Assert.Single(await directory.ListAsync("ada"));
        await directory.EndAllAsync("ada");
        Assert.Equal("", await browser.GetStringAsync(host.At("/user")));

        // The cookie from before the sign-in is what it was: nobody's.
        Assert.Equal("", await GetAsync("/user", held));
    }

    [Fact]
    public async Task Its_idle_timeout_is_within_the_seal_and_slides_when_a_tenth_of_it_has_passed()
    {
        await SetAsync("a", "1");
        for (var i = 0; i < 5; i++)
        {
            clock.Move(Idle / 11);
            using var early = await browser.GetAsync(host.At("/untouched"));
            Assert.Empty(SentCookies.HeadersOf(early));
            clock.Move(Idle / 11);
            using var due = await browser.GetAsync(host.At("/untouched"));
            Assert.NotNull(SentCookies.HeaderOf(due, SentCookies.Session));
        }

        Assert.Equal("1", await browser.GetStringAsync(host.At("/get/a")));
        var kept = jar.GetCookieHeader(host.Url);
        clock.Move(Idle);
        Assert.Equal("none", await GetAsync("/get-or-none/a", kept));
        Assert.Equal((0, 0), engine.Count());
    }

    [Fact]
    public async Task Its_absolute_timeout_is_within_the_seal_whatever_its_use()
    {
        await SetAsync("a", "1");
        for (var i = 0; i < 11; i++)
        {
            clock.Move(TimeSpan.FromMinutes(10));
            await SetAsync("b", i.ToString(System.Globalization.CultureInfo.InvariantCulture));
            Assert.Equal("1", await browser.GetStringAsync(host.At("/get/a")));
        }

        clock.Move(TimeSpan.FromMinutes(10));
        Assert.Equal("none", await browser.GetStringAsync(host.At("/get-or-none/a")));
    }

    [Fact]
    public async Task Ending_it_removes_the_cookie_but_who_kept_it_can_go_back_until_it_times_out()
    {
        await SetAsync("a", "1");
        var kept = jar.GetCookieHeader(host.Url);
        using var end = await browser.GetAsync(host.At("/end"));
        Assert.Contains("expires=Thu, 01 Jan 1970", SentCookies.HeaderOf(end, SentCookies.Session), StringComparison.Ordinal);
        Assert.Equal("none", await browser.GetStringAsync(host.At("/get-or-none/a")));
        Assert.Equal("1", await GetAsync("/get-or-none/a", kept));
    }

    [Fact]
    public async Task What_is_set_after_the_end_goes_into_another_one()
    {
        await SetAsync("name", "Ada");
        var before = await browser.GetStringAsync(host.At("/id"));
        await browser.GetStringAsync(host.At("/end-and-tell"));
        Assert.NotEqual(before, await browser.GetStringAsync(host.At("/id")));
        Assert.Equal("notice", await browser.GetStringAsync(host.At("/keys")));
        Assert.Equal((0, 0), engine.Count());
    }

    [Fact]
    public async Task A_handler_that_fails_leaves_the_client_what_it_had()
    {
        await SetAsync("a", "1");
        using var failed = await browser.GetAsync(host.At("/set-and-fail"));
        Assert.Equal(HttpStatusCode.InternalServerError, failed.StatusCode);
        using var ended = await browser.GetAsync(host.At("/end-and-fail"));
        Assert.Empty(SentCookies.HeadersOf(ended));
        Assert.Equal("1", await browser.GetStringAsync(host.At("/get/a")));
    }

    [Fact]
    public async Task Parallel_requests_that_move_it_to_the_store_all_count()
    {
        await SetAsync("first", "x");
        var held = jar.GetCookieHeader(host.Url);
        using var plain = WebHost.Plain();
        var id = await browser.GetStringAsync(host.At("/id"));
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            var request = new HttpRequestMessage(HttpMethod.Post, host.At("/set-large/key" + i)) { Headers = { { "Cookie", held } } };
            return (await plain.SendAsync(request)).StatusCode;
        }));
        Assert.All(answers, static status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.Equal(22, (await StoredAsync(id))!.Fields.Count);
    }

    [Fact]
    public async Task Where_requests_take_turns_parallel_increments_all_count()
    {
        await SetAsync("a", "1");
        var held = jar.GetCookieHeader(host.Url);
        using var plain = WebHost.Plain();
        var id = await browser.GetStringAsync(host.At("/id"));
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => GetAsync("/serialize", held)));
        Assert.Equal(10, answers.Distinct().Count());
        Assert.Equal(10, BitConverter.ToInt32([.. (await StoredAsync(id))!["n"]!.Value.ToArray().Reverse()]));
    }

    [Fact]
    public async Task Sessions_that_clients_hold_are_read_where_the_option_is_taken_back()
    {
        await SetAsync("a", "1");
        var id = await browser.GetStringAsync(host.At("/id"));
        await using var back = await StartAsync(options => options.SessionStorage = SessionStorage.Store);
        Assert.Equal("1", await browser.GetStringAsync(back.At("/get/a")));
        using var set = await browser.PostAsync(back.At("/set/b"), new StringContent("2"));
        Assert.Equal("2", (await StoredAsync(id))!.Text("b"));
    }

    [Fact]
    public async Task It_travels_in_headers_too()
    {
        await using var api = await StartAsync(options => options.SessionTransport = SessionTransport.Header);
        engine.Count();
        using var plain = WebHost.Plain();
        using var set = await plain.PostAsync(api.At("/set/a"), new StringContent("1"));
        using var get = new HttpRequestMessage(HttpMethod.Get, api.At("/get/a"));
        get.Headers.Add("Holdfast-Session", set.Headers.GetValues("Holdfast-Session").Single());
        using var response = await plain.SendAsync(get);
        Assert.Equal("1", await response.Content.ReadAsStringAsync());
        Assert.Equal((0, 0), engine.Count());
    }

    private static void Map(WebApplication app)
    {
        app.Use((context, next) =>
        {
            context.Request.IsHttps = context.Request.Query.ContainsKey("https");
            return next(context);
        });
        SessionTests.Map(app);
        app.MapGet("/get-or-none/{key}", (string key, HttpContext context) => context.Session.GetString(key) ?? "none");
        app.MapPost("/set-large/{key}", (string key, HttpContext context) => context.Session.SetString(key, new string('x', 3000)));
        app.MapGet("/detect", (HttpContext context) => context.Session.SetString("d", "1")).WithSessionConcurrency(SessionConcurrency.Detect);
        app.MapGet("/serialize", async (HttpContext context) =>
        {
            await context.Session.LoadAsync();
            var n = (context.Session.GetInt32("n") ?? 0) + 1;
            context.Session.SetInt32("n", n);
            return n;
        }).WithSessionConcurrency(SessionConcurrency.Serialize);
        app.MapPost("/keyed", (HttpContext context) => context.Session.Set("count", Encoding.ASCII.GetBytes("1"))).WithIdempotency();
        app.MapGet("/sign-in", async (HttpContext context) => await context.GetState().SignInAsync("ada"));
        app.MapGet("/user", (HttpContext context) => context.GetState().UserId ?? "");
        app.MapGet("/set-and-fail", void (HttpContext context) =>
        {
            context.Session.SetString("a", "2");
            throw new InvalidOperationException("the handler's own");
        });
        app.MapGet("/end-and-fail", void (HttpContext context) =>
        {
            context.GetState().EndSession();
            throw new StateUnavailableException("away");
        });
    }

    private Task<WebHost> StartAsync(Action<HoldfastOptions>? configure = null) => WebHost.StartAsync(engine, Map, options =>
    {
        options.SessionStorage = SessionStorage.Cookie;
        options.SessionAbsoluteTimeout = TimeSpan.FromHours(2);
        configure?.Invoke(options);
    });

    private async Task<Record?> StoredAsync(string id) => (await engine.ReadAsync(new Address("session", id))).Record;

    private async Task<string> GetAsync(string path, string cookies)
    {
        using var plain = WebHost.Plain();
        using var request = new HttpRequestMessage(HttpMethod.Get, host.At(path)) { Headers = { { "Cookie", cookies } } };
        using var response = await plain.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }

    private async Task SetAsync(string key, string value)
    {
        using var response = await SendSetAsync(key, value);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private Task<HttpResponseMessage> SendSetAsync(string key, string value) =>
        browser.PostAsync(host.At("/set/" + key), new StringContent(value));
}
