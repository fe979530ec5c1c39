using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.CookiePolicy;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Tests.Cookies;

/// <summary>Under a cookie policy, whichever side of Holdfast it stands on.</summary>
public sealed class ConsentTests : IAsyncLifetime
{
    private CountingEngine engine = null!;

    public async ValueTask InitializeAsync() => engine = await Engines.OpenAsync();

    public ValueTask DisposeAsync() => engine.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_session_needs_no_consent_because_nothing_works_without_it(bool isPolicyFirst)
    {
        await using var host = await StartAsync(isPolicyFirst, new CookiePolicyOptions { CheckConsentNeeded = static _ => true });
        using var browser = WebHost.Browser();
        using var made = await browser.GetAsync(host.At("/set"));
        Assert.Null(SentCookies.HeaderOf(made, "unessential"));
        Assert.NotNull(SentCookies.HeaderOf(made, SentCookies.Session));
        Assert.NotNull(SentCookies.HeaderOf(made, SentCookies.Seen));
        Assert.Equal("value", await browser.GetStringAsync(host.At("/get")));
    }

    [Fact]
    public async Task A_policy_that_comes_first_is_asked_of_each_cookie_and_may_change_it()
    {
        await using var host = await StartAsync(isPolicyFirst: true, new CookiePolicyOptions { MinimumSameSitePolicy = SameSiteMode.Strict });
        using var browser = WebHost.Browser();
        using var made = await browser.GetAsync(host.At("/set"));
        Assert.Contains("samesite=strict", SentCookies.HeaderOf(made, SentCookies.Session), StringComparison.Ordinal);
        Assert.Contains("samesite=strict", SentCookies.HeaderOf(made, SentCookies.Seen), StringComparison.Ordinal);
        using var ended = await browser.GetAsync(host.At("/end"));
        Assert.Contains("expires=Thu, 01 Jan 1970", SentCookies.HeaderOf(ended, SentCookies.Session), StringComparison.Ordinal);
        Assert.Equal("", await browser.GetStringAsync(host.At("/get")));
    }

    private Task<WebHost> StartAsync(bool isPolicyFirst, CookiePolicyOptions policy) => WebHost.StartAsync(engine, app =>
    {
        if (isPolicyFirst)
        {
            app.UseCookiePolicy(policy).UseHoldfast();
        }
        else
        {
            app.UseHoldfast().UseCookiePolicy(policy);
        }

        app.MapGet("/set", static (HttpContext context) =>
        {
            context.Session.SetString("key", "value");
            context.Response.Cookies.Append("unessential", "1");
        });
        app.MapGet("/get", static (HttpContext context) => context.Session.GetString("key") ?? "");
        app.MapGet("/end", static (HttpContext context) => context.GetState().EndSession());
    });
}
