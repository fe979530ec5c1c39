using System.Net;
using Holdfast.AspNetCore.Tests.Logins;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.AspNetCore.Tests.Tickets;

/// <summary>The ticket store and its directory without sessions and without <c>UseHoldfast</c>, on two instances whose ring is in files.</summary>
public sealed class TicketsAloneTests : IAsyncLifetime
{
    private const string User = "ada";

    private readonly TestClock clock = new();
    private readonly DirectoryInfo ring = Directory.CreateTempSubdirectory("holdfast-ring-");
    private readonly List<WebHost> hosts = [];
    private readonly List<HttpClient> browsers = [];
    private CountingEngine engine = null!;
    private int turn;

    public async ValueTask InitializeAsync()
    {
        engine = await Engines.OpenAsync(clock);
        for (var i = 0; i < 2; i++)
        {
            hosts.Add(await WebHost.StartBareAsync(
                builder =>
                {
                    builder.Services.AddSingleton<StateEngine>(engine);
                    builder.Services.AddHoldfastEngine(static options => options.MaxSessionsPerUser = 2).AddHoldfastTickets();
                    builder.Services.AddDataProtection().PersistKeysToFileSystem(ring).SetApplicationName("alone");
                    SignInApp.Add(builder, clock);
                },
                app =>
                {
                    app.UseAuthentication();
                    app.UseAuthorization();
                    SignInApp.MapTickets(app);
                }));
        }
    }

    public async ValueTask DisposeAsync()
    {
        browsers.ForEach(static browser => browser.Dispose());
        foreach (var host in hosts)
        {
            await host.DisposeAsync();
        }

        await engine.DisposeAsync();
        ring.Delete(recursive: true);
    }

    private SessionDirectory Sessions => hosts[0].Services.GetRequiredService<SessionDirectory>();

    [Fact]
    public async Task A_sign_in_on_one_instance_counts_on_the_other_and_a_sign_out_is_final()
    {
        var (browser, jar) = Browser();
        await browser.GetStringAsync(Next("/sign-in/ada"));
        Assert.Equal(User, await browser.GetStringAsync(Next("/me")));
        var kept = jar.GetCookieHeader(hosts[0].Url);
        await browser.GetStringAsync(Next("/sign-out"));
        Assert.Equal(HttpStatusCode.Unauthorized, await SignInApp.StatusOfAsync(hosts[0], "/me", kept));
        Assert.Equal(HttpStatusCode.Unauthorized, await SignInApp.StatusOfAsync(hosts[1], "/me", kept));
        Assert.Equal(0, await CountAsync("ticket"));
    }

    [Fact]
    public async Task Signing_in_again_gives_a_new_key_and_ends_the_old_one()
    {
        var (browser, jar) = Browser();
        await browser.GetStringAsync(Next("/sign-in/ada"));
        var kept = jar.GetCookieHeader(hosts[0].Url);
        await browser.GetStringAsync(Next("/sign-in/ada"));
        Assert.Equal(User, await browser.GetStringAsync(Next("/me")));
        Assert.Equal(HttpStatusCode.Unauthorized, await SignInApp.StatusOfAsync(hosts[0], "/me", kept));
        Assert.Equal(1, await CountAsync("ticket"));
    }

    [Fact]
    public async Task The_directory_lists_sign_ins_and_ends_them_and_the_limit_holds()
    {
        var all = new List<HttpClient>();
        for (var i = 0; i < 3; i++)
        {
            clock.Move(TimeSpan.FromSeconds(1));
            all.Add(Browser().Client);
            await all[i].GetStringAsync(Next("/sign-in/ada"));
        }

        Assert.Equal(HttpStatusCode.Unauthorized, (await all[0].GetAsync(Next("/me"))).StatusCode);
        var listed = await Sessions.ListAsync(User);
        Assert.Equal(2, listed.Count);
        Assert.All(listed, static session => Assert.Equal(("cookies", null, "127.0.0.1"), (session.Scheme, session.LastSeen, session.NetworkAddress)));
        Assert.Equal(1, await Sessions.EndOthersAsync(User, listed[0].Id));
        Assert.Equal(HttpStatusCode.Unauthorized, (await all[1].GetAsync(Next("/me"))).StatusCode);
        Assert.Equal(User, await all[2].GetStringAsync(Next("/me")));
        Assert.Equal(1, await Sessions.EndAllAsync(User));
        Assert.Equal(HttpStatusCode.Unauthorized, (await all[2].GetAsync(Next("/me"))).StatusCode);
        Assert.Equal((0, 0), (await CountAsync("ticket"), (await Sessions.ListAsync(User)).Count));
    }

    [Fact]
    public async Task A_ticket_slides_and_a_late_slide_does_not_bring_a_removed_one_back()
    {
        var (browser, jar) = Browser();
        await browser.GetStringAsync(Next("/sign-in/ada"));
        for (var i = 0; i < 2; i++)
        {
            clock.Move(TimeSpan.FromDays(8));
            Assert.Equal(User, await browser.GetStringAsync(Next("/me")));
        }

        clock.Move(TimeSpan.FromDays(8));
        var kept = jar.GetCookieHeader(hosts[0].Url);
        engine.BeforeCommit = async commit =>
        {
            if (commit.Changes is [{ Kind: ChangeKind.Update, Address.Kind: "ticket" }])
            {
                engine.BeforeCommit = null;
                await Sessions.EndAllAsync(User);
            }
        };
        await SignInApp.StatusOfAsync(hosts[0], "/me", kept);
        Assert.Null(engine.BeforeCommit);
        Assert.Equal(0, await CountAsync("ticket"));
        Assert.Equal(HttpStatusCode.Unauthorized, await SignInApp.StatusOfAsync(hosts[1], "/me", kept));
    }

    private (HttpClient Client, CookieContainer Jar) Browser()
    {
        var jar = new CookieContainer();
        var browser = WebHost.Browser(jar);
        browsers.Add(browser);
        return (browser, jar);
    }

    private Uri Next(string path) => hosts[turn++ % hosts.Count].At(path);

    private async Task<int> CountAsync(string kind) => (await engine.RecordsAsync(kind)).Count;
}
