using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Tests.Sessions;

/// <summary>
/// Applications that route after <c>UseHoldfast</c>, so that what an endpoint declares is not known yet when the middleware reads the session ahead.
/// </summary>
public sealed class LateRoutingTests : IAsyncLifetime
{
    private readonly HttpClient browser = WebHost.Browser();
    private CountingEngine engine = null!;
    private WebHost first = null!;
    private WebHost second = null!;

    public async ValueTask InitializeAsync()
    {
        engine = await Engines.OpenAsync();
        first = await WebHost.StartAsync(engine, Map);
        second = await WebHost.StartAsync(engine, Map);
        await browser.GetStringAsync(first.At("/merge"));
    }

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await first.DisposeAsync();
        await second.DisposeAsync();
        await engine.DisposeAsync();
    }

    [Fact]
    public async Task Detect_is_heeded()
    {
        engine.BeforeCommit = async _ =>
        {
            engine.BeforeCommit = null;
            await browser.GetStringAsync(second.At("/merge"));
        };
        using var response = await browser.GetAsync(first.At("/detect"));
        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.Equal("2", await browser.GetStringAsync(second.At("/get")));
    }

    [Fact]
    public async Task Serialize_is_heeded()
    {
        const int Requests = 20;
        var answers = await Task.WhenAll(Enumerable.Range(0, Requests).Select(i => browser.GetAsync((i % 2 == 0 ? first : second).At("/serialize"))));
        Assert.All(answers, static answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Equal($"{Requests + 1}", await browser.GetStringAsync(second.At("/get")));
    }

    [Fact]
    public async Task What_comes_too_late_because_the_session_was_used_ahead_of_routing_is_an_error()
    {
        foreach (var path in (string[])["/detect?early", "/serialize?early"])
        {
            using var response = await browser.GetAsync(first.At(path));
            Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        }

        Assert.Equal("1", await browser.GetStringAsync(second.At("/get")));
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync(first.At("/merge?early"))).StatusCode);
    }

    private static void Map(WebApplication app)
    {
        app.UseHoldfast();
        app.Use(static (context, next) =>
        {
            _ = context.Request.Query.ContainsKey("early") && context.Session.GetInt32("count") > 0;
            return next(context);
        });
        app.UseRouting();
        app.MapGet("/get", (HttpContext context) => context.Session.GetInt32("count")?.ToString(CultureInfo.InvariantCulture));
        app.MapGet("/merge", CountAsync);
        app.MapGet("/detect", CountAsync).WithSessionConcurrency(SessionConcurrency.Detect);
        app.MapGet("/serialize", CountAsync).WithSessionConcurrency(SessionConcurrency.Serialize);
    }

    private static async Task CountAsync(HttpContext context)
    {
        await context.Session.LoadAsync();
        context.Session.SetInt32("count", (context.Session.GetInt32("count") ?? 0) + 1);
    }
}
