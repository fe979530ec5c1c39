using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Tests.Sessions;

/// <summary>Requests under way while a parallel one renews the session, and has its response arrive first.</summary>
public sealed class CrossingRenewalTests : IAsyncLifetime
{
    private readonly TestClock clock = new();
    private readonly CookieContainer jar = new();
    private HttpClient browser = null!;
    private CountingEngine engine = null!;
    private WebHost host = null!;
    private bool isCrossed;

    public async ValueTask InitializeAsync()
    {
        browser = WebHost.Browser(jar);
        engine = await Engines.OpenAsync(clock);
        host = await WebHost.StartAsync(engine, Map);
        using var response = await browser.PostAsync(host.At("/set/a"), new StringContent("1"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await host.DisposeAsync();
        await engine.DisposeAsync();
    }

    [Fact]
    public async Task A_touch_that_is_refused_does_not_send_the_old_session()
    {
        clock.Move(TimeSpan.FromMinutes(10));
        engine.BeforeCommit = async commit =>
        {
            if (commit.Changes[0].Kind == ChangeKind.Keep)
            {
                engine.BeforeCommit = null;
                await browser.GetStringAsync(host.At("/renew"));
                isCrossed = true;
            }
        };
        await CheckAsync("/get/a");
    }

    [Theory]
    [InlineData("/read-then-cross")]
    [InlineData("/commit-then-cross")]
    [InlineData("/cross-then-commit-of-the-handler")]
    public async Task A_request_that_a_renewal_crossed_does_not_send_the_old_session(string path)
    {
        // The first time around the endpoint is read ahead whether it uses the session or not.
        await CheckAsync(path);
        isCrossed = false;
        await CheckAsync(path);
    }

    [Fact]
    public async Task A_request_that_finds_its_session_renewed_sends_no_session()
    {
        using var late = new HttpRequestMessage(HttpMethod.Get, host.At("/get/a"));
        late.Headers.Add("Cookie", jar.GetCookieHeader(host.Url));
        await CrossAsync();
        using var plain = WebHost.Plain();
        using var response = await plain.SendAsync(late);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Null(SentCookies.HeaderOf(response, SentCookies.Session));
    }

    [Fact]
    public async Task A_request_with_the_old_cookie_that_sets_something_is_to_be_repeated_and_then_finds_the_renewed_session()
    {
        using var plain = WebHost.Plain();
        var old = jar.GetCookieHeader(host.Url);
        await CrossAsync();
        using var late = await SetWithAsync(plain, old);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, late.StatusCode);
        Assert.NotNull(late.Headers.RetryAfter);
        Assert.Null(SentCookies.HeaderOf(late, SentCookies.Session));
        using var repeated = await SetWithAsync(plain, jar.GetCookieHeader(host.Url));
        Assert.Equal(HttpStatusCode.OK, repeated.StatusCode);
        Assert.Equal("a,late,renewed", await browser.GetStringAsync(host.At("/keys")));
    }

    [Fact]
    public async Task A_client_that_goes_on_with_the_old_cookie_gets_a_session_of_its_own_after_a_while()
    {
        using var plain = WebHost.Plain();
        var old = jar.GetCookieHeader(host.Url);
        await CrossAsync();
        clock.Move(TimeSpan.FromSeconds(5));
        using var late = await SetWithAsync(plain, old);
        Assert.Equal(HttpStatusCode.OK, late.StatusCode);
        Assert.NotNull(SentCookies.HeaderOf(late, SentCookies.Session));
    }

    [Fact]
    public async Task A_sign_in_that_is_repeated_because_its_answer_was_lost_gets_a_session_at_once()
    {
        var old = jar.GetCookieHeader(host.Url);
        await CrossAsync();
        using var plain = WebHost.Plain();
        using var again = new HttpRequestMessage(HttpMethod.Get, host.At("/renew"));
        again.Headers.Add("Cookie", old);
        using var response = await plain.SendAsync(again);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.NotNull(SentCookies.HeaderOf(response, SentCookies.Session));
    }

    [Fact]
    public async Task A_client_whose_session_expired_gets_a_cookie_for_what_it_writes()
    {
        clock.Move(TimeSpan.FromHours(1));
        using var response = await browser.GetAsync(host.At("/write"));
        Assert.True(response.Headers.Contains("Set-Cookie"));
    }

    private async Task CheckAsync(string path)
    {
        using var crossed = await browser.GetAsync(host.At(path));
        Assert.True(isCrossed);
        Assert.Equal(HttpStatusCode.OK, crossed.StatusCode);
        Assert.Null(SentCookies.HeaderOf(crossed, SentCookies.Session));
        Assert.Equal("yes", await browser.GetStringAsync(host.At("/get/renewed")));
    }

    private void Map(WebApplication app)
    {
        SessionTests.Map(app);
        app.MapGet("/read-then-cross", async (HttpContext context) =>
        {
            _ = context.Session.GetString("a");
            await context.GetState().CommitAsync(SomeCommit());
            await CrossAsync();
        });
        app.MapGet("/commit-then-cross", async (HttpContext context) =>
        {
            context.Session.SetString("b", Guid.NewGuid().ToString());
            await context.Session.CommitAsync();
            await CrossAsync();
        });
        app.MapGet("/cross-then-commit-of-the-handler", async (HttpContext context) =>
        {
            await CrossAsync();
            await context.GetState().CommitAsync(SomeCommit());
        });
        app.MapGet("/write", async (HttpContext context) => (await context.GetState().CommitAsync(SomeCommit())).IsCommitted);
    }

    private Task<HttpResponseMessage> SetWithAsync(HttpClient client, string cookies)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, host.At("/set/late")) { Content = new StringContent("1") };
        request.Headers.Add("Cookie", cookies);
        return client.SendAsync(request);
    }

    private static Commit SomeCommit() => new(RecordChange.Update(new Address("thing", "x")).Add("n", 1));

    private async Task CrossAsync()
    {
        await browser.GetStringAsync(host.At("/renew"));
        isCrossed = true;
    }
}
