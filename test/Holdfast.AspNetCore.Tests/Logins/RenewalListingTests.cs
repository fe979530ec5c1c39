using System.Net;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.AspNetCore.Tests.Logins;

/// <summary>Listing takes out logins of which nothing is left, and never one whose session is being renewed. Each has no ticket, and is old enough to be taken out.</summary>
public sealed class RenewalListingTests : IAsyncLifetime
{
    private readonly TestClock clock = new();
    private readonly HttpClient browser = WebHost.Browser();
    private CountingEngine engine = null!;
    private WebHost host = null!;

    private SessionDirectory Directory => host.Services.GetRequiredService<SessionDirectory>();

    public async ValueTask InitializeAsync()
    {
        engine = await Engines.OpenAsync(clock);
        host = await SignInApp.StartAsync(engine, clock);
        await browser.GetStringAsync(host.At("/state/sign-in/ada"));
        clock.Move(TimeSpan.FromMinutes(15));
    }

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await host.DisposeAsync();
        await engine.DisposeAsync();
    }

    [Fact]
    public async Task Between_the_two_commits_of_a_renewal_the_session_is_listed_and_stays()
    {
        IReadOnlyList<SignedInSession>? listed = null;
        engine.BeforeCommit = async commit =>
        {
            if (IsOfSession(commit))
            {
                engine.BeforeCommit = null;
                listed = await Directory.ListAsync("ada");
            }
        };
        await browser.GetStringAsync(host.At("/state/renew"));
        Assert.NotNull(Assert.Single(listed!).LastSeen);
        await IsInAsync();
    }

    [Fact]
    public async Task A_renewal_that_begins_after_the_directory_was_read_loses_nothing()
    {
        engine.BeforeRead = async address =>
        {
            if (address.Kind == "session")
            {
                engine.BeforeRead = null;
                await browser.GetStringAsync(host.At("/state/renew"));
            }
        };
        await Directory.ListAsync("ada");
        await IsInAsync();
    }

    [Fact]
    public async Task A_renewal_that_fails_between_its_commits_leaves_the_session_signed_in_and_listed()
    {
        engine.BeforeCommit = commit => IsOfSession(commit) ? throw new StateUnavailableException("away") : Task.CompletedTask;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await browser.GetAsync(host.At("/state/renew"))).StatusCode);
        engine.BeforeCommit = null;
        Assert.NotNull(Assert.Single(await Directory.ListAsync("ada")).LastSeen);
        await IsInAsync();

        // It can be renewed after all, again and again, and ends whole.
        await browser.GetStringAsync(host.At("/state/renew"));
        await browser.GetStringAsync(host.At("/state/renew"));
        await IsInAsync();
        Assert.Equal(1, await Directory.EndAllAsync("ada"));
        Assert.Empty(await engine.RecordsAsync("session"));
    }

    [Fact]
    public async Task A_session_that_a_renewal_left_behind_goes_with_its_login()
    {
        engine.BeforeCommit = commit => IsOfSession(commit) ? throw new StateUnavailableException("away") : Task.CompletedTask;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await browser.GetAsync(host.At("/state/renew"))).StatusCode);
        engine.BeforeCommit = null;
        Assert.Equal(1, await Directory.EndAllAsync("ada"));
        Assert.Empty(await engine.RecordsAsync("session"));
    }

    private static bool IsOfSession(Commit commit) => commit.Changes.Any(static change => change.Address.Kind == "session");

    private async Task IsInAsync()
    {
        Assert.Equal("ada", await browser.GetStringAsync(host.At("/state/me")));
        Assert.Single(await Directory.ListAsync("ada"));
    }
}
