using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Tests.Idempotency;

/// <summary>Error pages that lie in the same idempotent group as what failed: the key is the failed request's, and not the page's.</summary>
public sealed class ErrorPageTests : IAsyncLifetime
{
    private readonly HttpClient client = WebHost.Plain();
    private CountingEngine engine = null!;
    private bool fails = true;
    private int runs;

    public async ValueTask InitializeAsync() => engine = await Engines.OpenAsync();

    public ValueTask DisposeAsync()
    {
        client.Dispose();
        return engine.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_page_of_an_exception_takes_no_claim_and_a_repetition_runs_the_handler_anew(bool isOutside)
    {
        await using var host = await StartAsync(static app => app.UseExceptionHandler("/error"), isOutside);
        Assert.Equal("the page", await PostAsync(host, "/fail").TextAsync(HttpStatusCode.InternalServerError));
        Assert.Empty(await engine.RecordsAsync("idempotency-claim"));
        Assert.Empty(await engine.RecordsAsync("idempotency"));
        fails = false;
        Assert.Equal("run 2", await PostAsync(host, "/fail").TextAsync());
        Assert.Equal("run 2", await PostAsync(host, "/fail").TextAsync());
    }

    [Theory]
    [InlineData(true, "/missing", "the page")]
    [InlineData(false, "/missing", "the page")]
    [InlineData(true, "/missing?bare", "")]
    [InlineData(false, "/missing?bare", "")]
    public async Task The_page_of_a_status_takes_no_claim_and_a_repetition_gets_the_stored_answer_with_the_same_page(bool isOutside, string path, string page)
    {
        await using var host = await StartAsync(static app => app.UseStatusCodePagesWithReExecute("/error"), isOutside);
        Assert.Equal(page, await PostAsync(host, path).TextAsync(HttpStatusCode.NotFound));
        Assert.Empty(await engine.RecordsAsync("idempotency-claim"));
        using var again = await PostAsync(host, path);
        Assert.Equal(HttpStatusCode.NotFound, again.StatusCode);
        Assert.Equal(page, await again.Content.ReadAsStringAsync());
        Assert.True(again.IsReplayed());
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task A_page_that_is_idempotent_does_not_announce_that_for_what_failed()
    {
        await using var host = await StartAsync(static app => app.UseExceptionHandler("/error"), isOutside: true);
        using var response = await PostAsync(host, "/plain");
        Assert.Equal("the page", await response.Content.ReadAsStringAsync());
        Assert.False(response.Headers.Contains("Idempotency-Key-Support"));
    }

    [Fact]
    public async Task Where_the_response_has_begun_ahead_of_the_endpoint_no_claim_is_left()
    {
        await using var host = await StartAsync(
            static app => app.Use(static async (context, next) =>
            {
                await context.Response.StartAsync();
                await next(context);
            }),
            isOutside: false);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => PostAsync(host, "/fail").TextAsync());
        Assert.Equal(0, runs);
        Assert.Empty(await engine.RecordsAsync("idempotency-claim"));
    }

    private Task<WebHost> StartAsync(Action<WebApplication> usePages, bool isOutside) => WebHost.StartAsync(engine, app =>
    {
        if (isOutside)
        {
            usePages(app);
        }

        app.UseHoldfast();
        if (!isOutside)
        {
            usePages(app);
        }

        app.MapPost("/plain", static string () => throw new InvalidOperationException("the handler's own"));
        var group = app.MapGroup("").WithIdempotency();
        group.MapPost("/error", static () => "the page");
        group.MapPost("/fail", () => Interlocked.Increment(ref runs) > 0 && fails ? throw new InvalidOperationException("the handler's own") : $"run {runs}");
        group.MapPost("/missing", (HttpContext context, string? bare) =>
        {
            Interlocked.Increment(ref runs);
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            context.Response.ContentLength = bare is null ? null : 0;
        });
    });

    private Task<HttpResponseMessage> PostAsync(WebHost host, string path) => client.PostAsync(host.At(path).ToString(), "k");
}
