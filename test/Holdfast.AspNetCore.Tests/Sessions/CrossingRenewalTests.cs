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

    private static Commit SomeCommit() => new(RecordChange.Update(new Address("thing", "x")).Add("n", 1));

    private async Task CrossAsync()
    {
        await browser.GetStringAsync(host.At("/renew"));
        isCrossed = true;
    }
}
