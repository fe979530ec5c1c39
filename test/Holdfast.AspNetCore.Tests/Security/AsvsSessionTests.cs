using System.Net;
using Holdfast.AspNetCore.Tests.Logins;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.AspNetCore.Tests.Security;

/// <summary>Chapter 7 of OWASP ASVS 5.0, point by point, with each request on another instance.</summary>
public sealed class AsvsSessionTests : IAsyncLifetime
{
    private readonly TestClock clock = new();
    private readonly CookieContainer jar = new();
    private readonly List<WebHost> hosts = [];
    private HttpClient browser = null!;
    private CountingEngine engine = null!;
    private int turn;

    private string Cookies => jar.GetCookieHeader(hosts[0].Url);

    private SessionDirectory Directory => hosts[0].Services.GetRequiredService<SessionDirectory>();

    public async ValueTask InitializeAsync()
    {
        browser = WebHost.Browser(jar);
        engine = await Engines.OpenAsync(clock);
        for (var i = 0; i < 2; i++)
        {
            hosts.Add(await SignInApp.StartAsync(engine, clock, static options => options.SignInAbsoluteTimeout = TimeSpan.FromDays(20)));
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

    [Fact]
    public async Task ASVS_7_2_1_Whether_a_session_counts_is_decided_by_the_store_and_not_by_the_cookie()
    {
        await browser.GetStringAsync(Next("/sign-in/ada"));
        Assert.Equal(HttpStatusCode.OK, await SignInApp.StatusOfAsync(hosts[0], "/me", Cookies));
        await engine.CommitAsync(new Commit(RecordChange.Delete(new Address("logins", "ada"))));
        Assert.Equal(HttpStatusCode.Unauthorized, await SignInApp.StatusOfAsync(hosts[0], "/me", Cookies));
        Assert.Equal(HttpStatusCode.Unauthorized, await SignInApp.StatusOfAsync(hosts[0], "/state/me", Cookies));
    }

    [Fact]
    public async Task ASVS_7_2_2_Every_session_has_a_token_made_for_it()
    {
        var ids = new HashSet<string>();
        for (var i = 0; i < 20; i++)
        {
            using var another = WebHost.Browser();
            await another.GetStringAsync(Next("/state/sign-in/ada"));
            Assert.True(ids.Add(await SessionIdAsync(another)));
        }
    }

    [Fact]
    public async Task ASVS_7_2_3_Session_ids_and_ticket_keys_carry_at_least_128_bits_of_the_system_s_generator()
    {
        await browser.GetStringAsync(Next("/sign-in/ada"));
        Assert.IsType<Entropy>(engine.Options.Entropy);
        string[] secrets = [await SessionIdAsync(browser), (await SingleAsync("ticket")).Address.Affinity];
        Assert.All(secrets, static secret => Assert.True(Convert.FromBase64String(Unpadded(secret.Split('~')[1])).Length * 8 >= 128));
        Assert.NotEqual(secrets[0].Split('~')[1], secrets[1].Split('~')[1]);
    }

    [Theory]
    [InlineData("/sign-in/ada", "/me")]
    [InlineData("/state/sign-in/ada", "/state/me")]
    public async Task ASVS_7_2_4_Sign_in_gives_a_new_id_and_ends_the_old_one(string signIn, string me)
    {
        await browser.GetStringAsync(Next("/begin"));
        var (oldId, oldCookies) = (await SessionIdAsync(browser), Cookies);
        await browser.GetStringAsync(Next(signIn));
        Assert.NotEqual(oldId, await SessionIdAsync(browser));
        Assert.Contains("begun", await browser.GetStringAsync(Next("/session")), StringComparison.Ordinal);
        Assert.Equal("ada", await browser.GetStringAsync(Next(me)));
        Assert.Null((await engine.ReadAsync(new Address("session", oldId))).Record);
        Assert.Equal(HttpStatusCode.Unauthorized, await SignInApp.StatusOfAsync(hosts[0], me, oldCookies));
    }

    [Theory]
    [InlineData("/sign-in/ada", "/me")]
    [InlineData("/state/sign-in/ada", "/state/me")]
    public async Task ASVS_7_2_4_Signing_in_again_gives_new_ids_and_ends_the_old_ones(string signIn, string me)
    {
        await browser.GetStringAsync(Next(signIn));
        var (oldId, oldCookies) = (await SessionIdAsync(browser), Cookies);
        await browser.GetStringAsync(Next(signIn));
        Assert.NotEqual(oldId, await SessionIdAsync(browser));
        Assert.Equal("ada", await browser.GetStringAsync(Next(me)));
        Assert.Equal(HttpStatusCode.Unauthorized, await SignInApp.StatusOfAsync(hosts[0], me, oldCookies));
        Assert.Single(await Directory.ListAsync("ada"));

        // An old ticket is worth nothing beside the new session either, nor an old session beside the new ticket.
        Assert.Equal(HttpStatusCode.Unauthorized, await SignInApp.StatusOfAsync(hosts[1], "/me", $"{Part(oldCookies, true)}; {Part(Cookies, false)}"));
        Assert.Equal(HttpStatusCode.Unauthorized, await SignInApp.StatusOfAsync(hosts[1], "/state/me", Part(oldCookies, false)));
    }

    [Theory]
    [InlineData("/sign-in/bob", "/me")]
    [InlineData("/state/sign-in/bob", "/state/me")]
    public async Task ASVS_7_2_4_Signing_in_as_another_user_signs_the_first_one_out_and_takes_nothing_along(string signIn, string me)
    {
        await browser.GetStringAsync(Next(signIn.Replace("bob", "ada", StringComparison.Ordinal)));
        await browser.GetStringAsync(Next("/begin"));
        var oldCookies = Cookies;
        await browser.GetStringAsync(Next(signIn));
        Assert.Equal("bob", await browser.GetStringAsync(Next(me)));
        Assert.DoesNotContain("begun", await browser.GetStringAsync(Next("/session")), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, await SignInApp.StatusOfAsync(hosts[0], me, oldCookies));
        Assert.Empty(await Directory.ListAsync("ada"));
    }

    [Fact]
    public async Task ASVS_7_2_4_A_change_of_privilege_gives_a_new_id_to_who_stays_signed_in()
    {
        await browser.GetStringAsync(Next("/state/sign-in/ada"));
        var (oldId, oldCookies) = (await SessionIdAsync(browser), Cookies);
        await browser.GetStringAsync(Next("/state/renew"));
        Assert.NotEqual(oldId, await SessionIdAsync(browser));
        Assert.Equal("ada", await browser.GetStringAsync(Next("/state/me")));
        Assert.Equal(HttpStatusCode.Unauthorized, await SignInApp.StatusOfAsync(hosts[0], "/state/me", oldCookies));
    }

    [Fact]
    public async Task ASVS_7_3_1_A_session_that_is_not_used_ends()
    {
        await browser.GetStringAsync(Next("/state/sign-in/ada"));
        clock.Move(HoldfastOptions.DefaultSessionIdleTimeout);
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync(Next("/state/me"))).StatusCode);
    }

    [Fact]
    public async Task ASVS_7_3_2_A_session_ends_so_long_after_the_sign_in_however_it_is_used()
    {
        // What was before the sign-in does not count: the age begins with it.
        await browser.GetStringAsync(Next("/begin"));
        clock.Move(TimeSpan.FromMinutes(15));
        await browser.GetStringAsync(Next("/state/sign-in/ada"));
        for (var minutes = 0; minutes < 705; minutes += 15)
        {
            clock.Move(TimeSpan.FromMinutes(15));
            Assert.Equal("ada", await browser.GetStringAsync(Next("/state/me")));
        }

        clock.Move(TimeSpan.FromMinutes(15));
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync(Next("/state/me"))).StatusCode);
    }

    [Fact]
    public async Task ASVS_7_3_2_A_ticket_that_slides_ends_so_long_after_the_sign_in_however_it_is_used()
    {
        await browser.GetStringAsync(Next("/sign-in/ada"));
        for (var days = 1; days < 20; days++)
        {
            clock.Move(TimeSpan.FromDays(1));
            Assert.Equal("ada", await browser.GetStringAsync(Next("/me")));
        }

        clock.Move(TimeSpan.FromDays(1));
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync(Next("/me"))).StatusCode);
    }

    [Theory]
    [InlineData("/sign-in/ada", "/sign-out", "/me")]
    [InlineData("/state/sign-in/ada", "/state/end", "/state/me")]
    [InlineData("/sign-in/ada", "/state/end", "/me")]
    public async Task ASVS_7_4_1_Sign_out_ends_the_session_for_whoever_has_its_cookies(string signIn, string signOut, string me)
    {
        await browser.GetStringAsync(Next(signIn));
        var cookies = Cookies;
        await browser.GetStringAsync(Next(signOut));
        foreach (var host in hosts)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await SignInApp.StatusOfAsync(host, me, cookies));
            Assert.Equal(HttpStatusCode.Unauthorized, await SignInApp.StatusOfAsync(host, "/state/me", cookies));
        }

        Assert.Empty(await Directory.ListAsync("ada"));
    }

    [Fact]
    public async Task ASVS_7_4_2_All_sessions_of_a_disabled_user_are_ended()
    {
        await browser.GetStringAsync(Next("/sign-in/ada"));
        using var another = WebHost.Browser();
        await another.GetStringAsync(Next("/state/sign-in/ada"));
        Assert.Equal(2, await Directory.EndAllAsync("ada"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync(Next("/me"))).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await another.GetAsync(Next("/state/me"))).StatusCode);
    }

    [Fact]
    public async Task ASVS_7_4_3_After_a_change_of_password_all_other_sessions_can_be_ended()
    {
        using var another = WebHost.Browser();
        await another.GetStringAsync(Next("/sign-in/ada"));
        await browser.GetStringAsync(Next("/sign-in/ada"));
        Assert.Equal(1, await Directory.EndOthersAsync("ada", await browser.GetStringAsync(Next("/state/sign-in-id"))));
        Assert.Equal("ada", await browser.GetStringAsync(Next("/me")));
        Assert.Equal(HttpStatusCode.Unauthorized, (await another.GetAsync(Next("/me"))).StatusCode);
    }

    [Fact]
    public async Task ASVS_7_4_5_An_administrator_can_end_the_sessions_of_one_user_or_of_all()
    {
        await browser.GetStringAsync(Next("/sign-in/ada"));
        using var another = WebHost.Browser();
        await another.GetStringAsync(Next("/sign-in/bob"));
        await Directory.EndAllAsync("ada");
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync(Next("/me"))).StatusCode);
        Assert.Equal("bob", await another.GetStringAsync(Next("/me")));

        await browser.GetStringAsync(Next("/sign-in/ada"));
        Assert.Equal(2, await Directory.EndEverybodyAsync());
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync(Next("/me"))).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await another.GetAsync(Next("/me"))).StatusCode);
    }

    [Fact]
    public async Task ASVS_7_5_2_A_user_sees_and_ends_the_sessions_of_their_own_and_no_others()
    {
        await browser.GetStringAsync(Next("/sign-in/ada"));
        using var second = WebHost.Browser();
        await second.GetStringAsync(Next("/sign-in/ada"));
        using var stranger = WebHost.Browser();
        await stranger.GetStringAsync(Next("/sign-in/bob"));
        var strangers = Assert.Single(await Directory.ListAsync("bob"));
        Assert.DoesNotContain(await Directory.ListAsync("ada"), session => session.Id == strangers.Id);
        Assert.False(await Directory.EndAsync("ada", strangers.Id));
        Assert.Equal("bob", await stranger.GetStringAsync(Next("/me")));

        var own = await browser.GetStringAsync(Next("/state/sign-in-id"));
        foreach (var session in (await Directory.ListAsync("ada")).Where(session => session.Id != own))
        {
            Assert.True(await Directory.EndAsync("ada", session.Id));
        }

        Assert.Equal("ada", await browser.GetStringAsync(Next("/me")));
        Assert.Equal(HttpStatusCode.Unauthorized, (await second.GetAsync(Next("/me"))).StatusCode);
    }

    [Fact]
    [Trait("Attack", "A14")]
    public async Task A_session_that_somebody_planted_is_not_the_one_that_its_victim_signs_in_with()
    {
        // The attacker's own session, planted with the victim as it is: valid, and nobody's.
        using var attacker = WebHost.Browser();
        await attacker.GetStringAsync(Next("/begin"));
        using var begun = await attacker.GetAsync(Next("/state/renew"));
        var planted = SentCookies.AllOf(begun);
        using var victim = WebHost.Plain();
        using var request = new HttpRequestMessage(HttpMethod.Get, Next("/state/sign-in/ada"));
        request.Headers.Add("Cookie", planted);
        using var signedIn = await victim.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, await SignInApp.StatusOfAsync(hosts[0], "/state/me", SentCookies.AllOf(signedIn)));
        Assert.Equal(HttpStatusCode.Unauthorized, await SignInApp.StatusOfAsync(hosts[0], "/state/me", planted));
        Assert.Equal(HttpStatusCode.Unauthorized, (await attacker.GetAsync(Next("/state/me"))).StatusCode);
    }

    [Fact]
    [Trait("Attack", "A14")]
    public async Task A_session_that_was_planted_beside_a_ticket_does_not_become_its_user_s()
    {
        using var attacker = WebHost.Browser();
        await attacker.GetStringAsync(Next("/begin"));
        using var begun = await attacker.GetAsync(Next("/state/renew"));
        await browser.GetStringAsync(Next("/sign-in/ada"));
        var ticket = jar.GetAllCookies()[SignInApp.TicketCookie]!;
        Assert.Equal(HttpStatusCode.OK, await SignInApp.StatusOfAsync(hosts[0], "/begin", $"{SentCookies.AllOf(begun)}; {ticket.Name}={ticket.Value}"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await attacker.GetAsync(Next("/state/me"))).StatusCode);
    }

    private static string Unpadded(string base64Url) => base64Url.Replace('-', '+').Replace('_', '/');

    private static string Part(string cookies, bool isTicket) =>
        string.Join("; ", cookies.Split("; ").Where(cookie => cookie.StartsWith(SignInApp.TicketCookie, StringComparison.Ordinal) == isTicket));

    private static async Task<string> IdAsync(HttpClient client, Uri uri) => (await client.GetStringAsync(uri)).Split(' ')[0];

    private Task<string> SessionIdAsync(HttpClient client) => IdAsync(client, Next("/session"));

    private Uri Next(string path) => hosts[turn++ % hosts.Count].At(path);

    private async Task<Record> SingleAsync(string kind) => Assert.Single(await engine.RecordsAsync(kind));
}
