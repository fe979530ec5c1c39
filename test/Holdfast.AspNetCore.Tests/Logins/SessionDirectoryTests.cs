using System.Net;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.AspNetCore.Tests.Logins;

public sealed class SessionDirectoryTests : IAsyncLifetime
{
    private const string Firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";
    private readonly TestClock clock = new();
    private readonly List<WebHost> hosts = [];
    private readonly List<(HttpClient Client, CookieContainer Jar)> browsers = [];
    private CountingEngine engine = null!;

    private SessionDirectory Directory => hosts[0].Services.GetRequiredService<SessionDirectory>();

    public async ValueTask InitializeAsync()
    {
        engine = await Engines.OpenAsync(clock);
        for (var i = 0; i < 2; i++)
        {
            hosts.Add(await SignInApp.StartAsync(engine, clock, static options => options.MaxSessionsPerUser = 4));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (client, _) in browsers)
        {
            client.Dispose();
        }

        foreach (var host in hosts)
        {
            await host.DisposeAsync();
        }

        await engine.DisposeAsync();
    }

    [Theory]
    [InlineData("/sign-in/ada", SignInApp.Scheme)]
    [InlineData("/state/sign-in/ada", null)]
    public async Task A_session_is_listed_with_its_device_address_and_times(string signIn, string? scheme)
    {
        var signedInAt = clock.GetUtcNow();
        var browser = await BrowserAsync(signIn);
        clock.Move(TimeSpan.FromMinutes(5));
        await browser.GetStringAsync(hosts[1].At("/session"));
        var seenAt = clock.GetUtcNow();
        clock.Move(TimeSpan.FromMinutes(3));

        var session = Assert.Single(await Directory.ListAsync("ada"));
        Assert.Equal("Firefox on Windows", session.Device);
        Assert.Equal(Firefox, session.UserAgent);
        Assert.Equal("127.0.0.1", session.NetworkAddress);
        Assert.Equal(scheme, session.Scheme);
        Assert.Equal(signedInAt, session.Created, TimeSpan.FromMilliseconds(1));
        Assert.Equal(seenAt, session.LastSeen!.Value, TimeSpan.FromMilliseconds(2));
        Assert.Equal(await browser.GetStringAsync(hosts[1].At("/state/sign-in-id")), session.Id);
    }

    [Fact]
    public async Task What_is_listed_names_neither_session_nor_ticket()
    {
        var browser = await BrowserAsync("/sign-in/ada");
        var sessionId = (await browser.GetStringAsync(hosts[0].At("/session"))).Split(' ')[0];
        var record = (await engine.ReadAsync(new Address("logins", "ada"))).Record!;
        var key = Assert.Single(record.Fields).Value;
        Assert.Contains(sessionId, System.Text.Encoding.UTF8.GetString(key.Span), StringComparison.Ordinal);
        var listed = Assert.Single(await Directory.ListAsync("ada")).ToString();
        Assert.DoesNotContain(sessionId.Split('~')[1], listed, StringComparison.Ordinal);
        Assert.DoesNotContain("~", listed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/sign-in/ada", "/me")]
    [InlineData("/state/sign-in/ada", "/state/me")]
    public async Task One_that_is_ended_is_signed_out_everywhere_and_the_others_stay(string signIn, string me)
    {
        var lost = await BrowserAsync(signIn);
        var kept = await BrowserAsync(signIn);
        var id = await lost.GetStringAsync(hosts[0].At("/state/sign-in-id"));
        Assert.True(await Directory.EndAsync("ada", id));
        foreach (var host in hosts)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await lost.GetAsync(host.At(me))).StatusCode);
            Assert.Equal("ada", await kept.GetStringAsync(host.At(me)));
        }

        Assert.False(await Directory.EndAsync("ada", id));
        Assert.Single(await Directory.ListAsync("ada"));
        Assert.Equal(1, await CountAsync("session"));
    }

    [Fact]
    public async Task Ending_all_is_one_commit_to_the_user_and_then_their_sessions_and_tickets_are_deleted()
    {
        var all = new List<HttpClient> { await BrowserAsync("/sign-in/ada"), await BrowserAsync("/sign-in/ada"), await BrowserAsync("/sign-in/ada") };
        var other = await BrowserAsync("/sign-in/bob");
        var commits = new List<Commit>();
        engine.BeforeCommit = commit =>
        {
            lock (commits)
            {
                commits.Add(commit);
            }

            return Task.CompletedTask;
        };
        Assert.Equal(3, await Directory.EndAllAsync("ada"));
        Assert.Equal("logins/ada", Assert.Single(commits[0].Changes).Address.ToString());
        engine.BeforeCommit = null;
        foreach (var browser in all)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync(hosts[1].At("/me"))).StatusCode);
            Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync(hosts[1].At("/state/me"))).StatusCode);
        }

        Assert.Equal("bob", await other.GetStringAsync(hosts[1].At("/me")));
        Assert.Equal((1, 1), (await CountAsync("session"), await CountAsync("ticket")));
        Assert.Empty(await Directory.ListAsync("ada"));
    }

    [Fact]
    public async Task Ending_the_others_keeps_the_one_that_asks()
    {
        var asking = await BrowserAsync("/sign-in/ada");
        var other = await BrowserAsync("/sign-in/ada");
        Assert.Equal(1, await Directory.EndOthersAsync("ada", await asking.GetStringAsync(hosts[0].At("/state/sign-in-id"))));
        Assert.Equal("ada", await asking.GetStringAsync(hosts[1].At("/me")));
        Assert.Equal(HttpStatusCode.Unauthorized, (await other.GetAsync(hosts[1].At("/me"))).StatusCode);
    }

    [Fact]
    public async Task That_a_session_has_ended_counts_even_when_its_record_could_not_be_deleted()
    {
        var browser = await BrowserAsync("/state/sign-in/ada");
        await browser.GetStringAsync(hosts[0].At("/begin"));
        engine.BeforeCommit = commit =>
        {
            engine.CommitFault = commit.Changes[0].Address.Kind == "logins" ? null : new StateUnavailableException("away");
            return Task.CompletedTask;
        };
        Assert.Equal(1, await Directory.EndAllAsync("ada"));
        (engine.BeforeCommit, engine.CommitFault) = (null, null);
        Assert.Equal(1, await CountAsync("session"));
        Assert.DoesNotContain("begun", await browser.GetStringAsync(hosts[1].At("/session")), StringComparison.Ordinal);

        // A new one may begin.
        await browser.GetStringAsync(hosts[1].At("/begin"));
        Assert.Contains("begun", await browser.GetStringAsync(hosts[0].At("/session")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_under_a_new_id_is_still_the_listed_one()
    {
        var browser = await BrowserAsync("/state/sign-in/ada");
        var id = (await Directory.ListAsync("ada")).Single().Id;
        await browser.GetStringAsync(hosts[1].At("/state/renew"));
        Assert.Equal(id, Assert.Single(await Directory.ListAsync("ada")).Id);
        await Directory.EndAsync("ada", id);
        Assert.Equal(0, await CountAsync("session"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync(hosts[0].At("/state/me"))).StatusCode);
    }

    [Fact]
    public async Task Beyond_the_limit_the_oldest_is_ended()
    {
        var all = new List<HttpClient>();
        for (var i = 0; i < 5; i++)
        {
            all.Add(await BrowserAsync("/sign-in/ada"));
            clock.Move(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(4, (await Directory.ListAsync("ada")).Count);
        Assert.Equal(HttpStatusCode.Unauthorized, (await all[0].GetAsync(hosts[1].At("/me"))).StatusCode);
        Assert.Equal("ada", await all[1].GetStringAsync(hosts[1].At("/me")));
        Assert.Equal((4, 4), (await CountAsync("session"), await CountAsync("ticket")));
    }

    [Fact]
    public async Task Parallel_sign_ins_do_not_exceed_the_limit()
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => BrowserAsync("/sign-in/ada")));
        Assert.Equal(4, (await Directory.ListAsync("ada")).Count);
        var signedIn = await Task.WhenAll(all.Select(async browser => (await browser.GetAsync(hosts[1].At("/me"))).StatusCode == HttpStatusCode.OK));
        Assert.Equal(4, signedIn.Count(static is200 => is200));
    }

    [Fact]
    public async Task Where_new_ones_are_refused_the_client_is_told_and_may_come_in_once_another_left()
    {
        await using var host = await SignInApp.StartAsync(
            engine, clock, static options => (options.MaxSessionsPerUser, options.SessionLimitRule) = (1, SessionLimitRule.RefuseNew));
        var first = await BrowserAsync("/sign-in/ada", host);
        var second = Browser();
        using var refused = await second.GetAsync(host.At("/sign-in/ada"));
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains("sign out elsewhere", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("ada", await first.GetStringAsync(host.At("/me")));

        // Signing in again takes no further place.
        await first.GetStringAsync(host.At("/sign-in/ada"));
        await first.GetStringAsync(host.At("/sign-out"));
        await second.GetStringAsync(host.At("/sign-in/ada"));
        Assert.Equal("ada", await second.GetStringAsync(host.At("/me")));
    }

    [Fact]
    public async Task A_place_is_free_again_when_nothing_is_left_of_its_session()
    {
        await using var host = await SignInApp.StartAsync(
            engine, clock, static options => (options.MaxSessionsPerUser, options.SessionLimitRule) = (1, SessionLimitRule.RefuseNew));
        await BrowserAsync("/state/sign-in/ada", host);
        clock.Move(TimeSpan.FromHours(1));
        await BrowserAsync("/state/sign-in/ada", host);
        Assert.Single(await Directory.ListAsync("ada"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/state")]
    public async Task What_is_over_is_listed_no_more(string style)
    {
        await BrowserAsync(style + "/sign-in/ada");
        clock.Move(TimeSpan.FromDays(15));
        Assert.Empty(await Directory.ListAsync("ada"));
        Assert.Null((await engine.ReadAsync(new Address("logins", "ada"))).Record);
    }

    [Fact]
    public async Task While_the_store_is_away_nobody_is_signed_in()
    {
        var browser = await BrowserAsync("/sign-in/ada");
        engine.ReadFault = new StateUnavailableException("away");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await browser.GetAsync(hosts[1].At("/me"))).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await browser.GetAsync(hosts[1].At("/state/me"))).StatusCode);
    }

    private HttpClient Browser()
    {
        var jar = new CookieContainer();
        var client = WebHost.Browser(jar);
        client.DefaultRequestHeaders.UserAgent.ParseAdd(Firefox);
        lock (browsers)
        {
            browsers.Add((client, jar));
        }

        return client;
    }

    private async Task<HttpClient> BrowserAsync(string signIn, WebHost? host = null)
    {
        var browser = Browser();
        await browser.GetStringAsync((host ?? hosts[0]).At(signIn));
        return browser;
    }

    private async Task<int> CountAsync(string kind) => (await engine.RecordsAsync(kind)).Count;
}
