using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.AspNetCore.Tests.Logins;

/// <summary>A handler that catches a failure of its commit has the request's commit make up for it.</summary>
public sealed class RetriedSignInTests : IAsyncLifetime
{
    private readonly TestClock clock = new();
    private readonly HttpClient browser = WebHost.Browser();
    private CountingEngine engine = null!;
    private WebHost host = null!;

    public async ValueTask InitializeAsync()
    {
        engine = await Engines.OpenAsync(clock);
        host = await WebHost.StartAsync(
            engine,
            static app =>
            {
                app.UseHoldfast();
                app.MapGet("/me", static (HttpContext context) => context.GetState().UserId ?? "nobody");
                app.MapGet("/sign-in-anyway", static (HttpContext context) => CommitAnywayAsync(context, static state => state.SignInAsync("ada")));
                app.MapGet("/renew-anyway", static (HttpContext context) => CommitAnywayAsync(context, static state =>
                {
                    state.RenewSession();
                    return ValueTask.CompletedTask;
                }));
            },
            static options => options.MaxSessionsPerUser = 1);
    }

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await host.DisposeAsync();
        await engine.DisposeAsync();
    }

    [Theory]
    [InlineData("/sign-in-anyway", "logins")]
    [InlineData("/sign-in-anyway", "session")]
    [InlineData("/renew-anyway", "logins")]
    [InlineData("/renew-anyway", "session")]
    public async Task The_user_is_signed_in_whichever_of_the_commits_failed(string path, string failing)
    {
        // Whoever has signed in before gives way, and nobody else does.
        await browser.GetStringAsync(host.At("/sign-in-anyway"));
        Fail(failing);
        Assert.Equal("caught", await browser.GetStringAsync(host.At(path)));
        Assert.Equal("ada", await browser.GetStringAsync(host.At("/me")));
        Assert.Single(await host.Services.GetRequiredService<SessionDirectory>().ListAsync("ada"));
        Assert.Single(await engine.RecordsAsync("session"));
    }

    private static async Task CommitAnywayAsync(HttpContext context, Func<RequestState, ValueTask> change)
    {
        await change(context.GetState());
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

    /// <summary>Fails the next commit that changes a record of the kind.</summary>
    private void Fail(string kind) => engine.BeforeCommit = commit =>
    {
        if (!commit.Changes.Any(change => change.Address.Kind == kind))
        {
            return Task.CompletedTask;
        }

        engine.BeforeCommit = null;
        throw new StateUnavailableException("away");
    };
}
