using System.Net;
using Holdfast.AspNetCore.Tests.Idempotency;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Tests.Requests;

/// <summary>A handler that catches a commit whose outcome is unknown, and goes on, does not have it made twice.</summary>
public sealed class UnknownCommitTests
{
    private static readonly Address Stock = new("stock", "ada");

    [Fact]
    public async Task A_commit_that_may_have_been_made_is_not_made_again_with_the_response()
    {
        await using var engine = await Engines.OpenAsync();
        await using var host = await WebHost.StartAsync(engine, static app =>
        {
            app.UseHoldfast();
            app.MapGet("/", static context => TakeAsync(context));
        });
        LoseAnswer(engine);
        using var browser = WebHost.Browser();
        using var response = await browser.GetAsync(host.Url);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(-1, await LeftAsync(engine));
    }

    [Fact]
    public async Task A_keyed_request_is_answered_503_and_its_repetition_takes_what_was_made_for_its_own()
    {
        await using var app = await KeyedApp.StartAsync(TakeAsync);
        LoseAnswer(app.Engine);

        await app.Client("ada").PostAsync("/", "k").RemedyAsync(HttpStatusCode.ServiceUnavailable);
        Assert.Equal(-1, await LeftAsync(app.Engine));
        Assert.Equal("committed", await app.Client("ada").PostAsync("/", "k").TextAsync());
        Assert.Equal(-1, await LeftAsync(app.Engine));
    }

    private static async Task TakeAsync(HttpContext context)
    {
        context.GetState().Enlist(RecordChange.Update(Stock).Add("left", -1));
        try
        {
            await context.Session.CommitAsync();
            await context.Response.WriteAsync("committed");
        }
        catch (StateUnavailableException)
        {
            await context.Response.WriteAsync("caught");
        }
    }

    /// <summary>The next commit of the stock is made, and its answer is lost.</summary>
    private static void LoseAnswer(CountingEngine engine) => engine.AfterCommit = (commit, result) =>
    {
        if (commit.Changes.All(static change => change.Address != Stock))
        {
            return Task.FromResult(result);
        }

        engine.AfterCommit = null;
        throw new CommitUnknownException("No answer came.");
    };

    private static async Task<long> LeftAsync(CountingEngine engine) => (await engine.ReadAsync(Stock)).Record!.Counter("left");
}
