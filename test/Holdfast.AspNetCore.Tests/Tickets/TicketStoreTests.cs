using System.Net;
using Holdfast.AspNetCore.Logins;
using Holdfast.AspNetCore.Tests.Logins;

namespace Holdfast.AspNetCore.Tests.Tickets;

/// <summary>Cookie authentication whose tickets are in the store, with each request on another instance.</summary>
public sealed class TicketStoreTests : IAsyncLifetime
{
    private static readonly TimeSpan TicketLasts = TimeSpan.FromDays(14);

    private readonly TestClock clock = new();
    private readonly CookieContainer jar = new();
    private readonly List<WebHost> hosts = [];
    private HttpClient browser = null!;
    private CountingEngine engine = null!;
    private int turn;

    public async ValueTask InitializeAsync()
    {
        browser = WebHost.Browser(jar);
        engine = await Engines.OpenAsync(clock);
        for (var i = 0; i < 2; i++)
        {
            hosts.Add(await SignInApp.StartAsync(engine, clock));
        }
    }

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        foreach (var host in hosts)
        {
            await host.DisposeAsync();
        }

        await engine.DisposeAsync();
    }

    [Theory]
    [InlineData(10)]
    [InlineData(900_000)]
    public async Task The_cookie_holds_a_key_however_large_the_ticket_is(int bytes)
    {
        await browser.GetStringAsync(Next("/sign-in/ada?bytes=" + bytes));
        Assert.InRange(jar.GetAllCookies()[SignInApp.TicketCookie]!.Value.Length, 1, 600);
        Assert.Equal("ada", await browser.GetStringAsync(Next("/me")));
        Assert.Equal($"{bytes + 3}", await browser.GetStringAsync(Next("/claims")));
    }

    [Fact]
    public async Task A_ticket_over_the_limit_is_refused_with_a_text_that_says_so_and_nobody_is_signed_in()
    {
        using var response = await browser.GetAsync(Next($"/sign-in/ada?bytes={StateLimits.MaxRecordBytes}"));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Contains("fewer claims", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync(Next("/me"))).StatusCode);
    }

    [Fact]
    public async Task Signing_in_is_one_commit_for_the_user_and_one_for_the_session_with_its_ticket()
    {
        await BeginApartFromAsync("ada");
        engine.Count();
        await browser.GetStringAsync(Next("/sign-in/ada"));
        Assert.Equal(2, engine.Count().Commits);
        Assert.Equal(
            ["ticket update", "session delete", "session-renewed update", "session update"],
            engine.LastCommit!.Changes.Select(static change => $"{change.Address.Kind} {change.Kind}".ToLowerInvariant()));
    }

    [Fact]
    public async Task Signing_out_is_final_for_whoever_kept_the_cookies()
    {
        await browser.GetStringAsync(Next("/sign-in/ada"));
        var kept = jar.GetCookieHeader(hosts[0].Url);
        Assert.Equal(HttpStatusCode.OK, await SignInApp.StatusOfAsync(hosts[1], "/me", kept));
        await browser.GetStringAsync(Next("/sign-out"));
        Assert.Equal(HttpStatusCode.Unauthorized, await SignInApp.StatusOfAsync(hosts[1], "/me", kept));
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync(Next("/me"))).StatusCode);
        Assert.Empty(await engine.RecordsAsync("ticket"));
        Assert.Empty(await engine.RecordsAsync("session"));
    }

    [Fact]
    public async Task A_ticket_slides_under_its_key_and_ends_when_it_is_not_used()
    {
        await browser.GetStringAsync(Next("/sign-in/ada"));
        var key = (await engine.RecordsAsync("ticket")).Single().Address;
        for (var i = 0; i < 3; i++)
        {
            clock.Move(TicketLasts * 0.6);
            Assert.Equal("ada", await browser.GetStringAsync(Next("/me")));
            Assert.Equal(key, (await engine.RecordsAsync("ticket")).Single().Address);
        }

        clock.Move(TicketLasts);
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync(Next("/me"))).StatusCode);
    }

    [Fact]
    public async Task A_late_slide_does_not_bring_a_removed_ticket_back()
    {
        await browser.GetStringAsync(Next("/sign-in/ada"));
        var kept = jar.GetCookieHeader(hosts[0].Url);
        clock.Move(TicketLasts * 0.6);
        engine.BeforeCommit = async commit =>
        {
            if (commit.Changes is [{ Kind: ChangeKind.Update, Address.Kind: "ticket" }])
            {
                engine.BeforeCommit = null;
                await browser.GetStringAsync(hosts[1].At("/sign-out"));
            }
        };
        Assert.Equal(HttpStatusCode.OK, await SignInApp.StatusOfAsync(hosts[0], "/me", kept));
        Assert.Null(engine.BeforeCommit);
        Assert.Empty(await engine.RecordsAsync("ticket"));
        Assert.Equal(HttpStatusCode.Unauthorized, await SignInApp.StatusOfAsync(hosts[0], "/me", kept));
    }

    [Fact]
    public async Task A_ticket_whose_session_is_ended_does_not_slide_back_into_the_store()
    {
        await using var host = await SignInApp.StartAsync(engine, clock, cookie: static options => options.ExpireTimeSpan = TimeSpan.FromMinutes(15));
        await browser.GetStringAsync(host.At("/sign-in/ada"));
        clock.Move(TimeSpan.FromMinutes(10));
        await browser.GetStringAsync(host.At("/state/end"));
        Assert.Empty(await engine.RecordsAsync("ticket"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync(host.At("/me"))).StatusCode);
    }

    [Fact]
    public async Task A_ticket_outlives_its_session_and_the_next_session_belongs_to_the_same_sign_in()
    {
        await browser.GetStringAsync(Next("/sign-in/ada"));
        clock.Move(TimeSpan.FromHours(1));
        Assert.Equal("ada", await browser.GetStringAsync(Next("/me")));
        await browser.GetStringAsync(Next("/begin"));
        Assert.Equal("ada", await browser.GetStringAsync(Next("/state/me")));
        var kept = jar.GetCookieHeader(hosts[0].Url);
        await browser.GetStringAsync(Next("/sign-out"));
        Assert.Equal(HttpStatusCode.Unauthorized, await SignInApp.StatusOfAsync(hosts[0], "/state/me", kept));
    }

    [Fact]
    public async Task A_handler_that_fails_signs_nobody_in()
    {
        using var failed = await browser.GetAsync(Next("/fail/sign-in/ada"));
        Assert.Equal(HttpStatusCode.InternalServerError, failed.StatusCode);
        Assert.Empty(await engine.RecordsAsync("logins"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync(Next("/state/me"))).StatusCode);
    }

    [Fact]
    public async Task An_application_s_own_ticket_store_stays()
    {
        var own = new OwnTicketStore();
        await using var host = await SignInApp.StartAsync(engine, clock, cookie: options => options.SessionStore = own);
        await browser.GetStringAsync(host.At("/sign-in/ada"));
        Assert.Equal("ada", await browser.GetStringAsync(host.At("/me")));
        Assert.Single(own.Tickets);
        Assert.Empty(await engine.RecordsAsync("ticket"));
    }

    /// <summary>Begins a session in another partition than the user's directory: in the same one, both would change in one commit.</summary>
    private async Task BeginApartFromAsync(string user)
    {
        var ofUser = engine.Partitions.PartitionOf(LoginRecord.AddressOf(user));
        var ofSession = ofUser;
        while (ofSession == ofUser)
        {
            await browser.GetStringAsync(Next("/state/end"));
            await browser.GetStringAsync(Next("/begin"));
            ofSession = engine.Partitions.PartitionOf((await browser.GetStringAsync(Next("/session"))).Split(' ')[0]);
        }
    }

    private Uri Next(string path) => hosts[turn++ % hosts.Count].At(path);
}
