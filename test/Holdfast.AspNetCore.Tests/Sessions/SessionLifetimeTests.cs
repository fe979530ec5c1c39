using System.Net;
using Holdfast.AspNetCore.Sessions;

namespace Holdfast.AspNetCore.Tests.Sessions;

public sealed class SessionLifetimeTests : IAsyncLifetime
{
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(20);
    private readonly TestClock clock = new();
    private readonly HttpClient browser = WebHost.Browser();
    private CountingEngine engine = null!;
    private WebHost host = null!;

    public async ValueTask InitializeAsync()
    {
        engine = await Engines.OpenAsync(clock);
        host = await WebHost.StartAsync(engine, SessionTests.Map, options => options.SessionAbsoluteTimeout = TimeSpan.FromHours(2));
        using var response = await browser.PostAsync(host.At("/set/a"), new StringContent("1"));
        engine.Count();
    }

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await host.DisposeAsync();
        await engine.DisposeAsync();
    }

    [Fact]
    public async Task A_session_ends_when_it_was_idle_for_its_timeout()
    {
        clock.Move(Idle);
        Assert.Equal(HttpStatusCode.NotFound, (await browser.GetAsync(host.At("/get/a"))).StatusCode);
    }

    [Fact]
    public async Task Requests_keep_a_session_alive_and_touch_it_only_when_a_tenth_of_the_timeout_has_passed()
    {
        for (var i = 0; i < 10; i++)
        {
            clock.Move(Idle / 11);
            Assert.Equal("1", await browser.GetStringAsync(host.At("/get/a")));
            Assert.Equal(0, engine.Count().Commits);
            clock.Move(Idle / 11);
            Assert.Equal("1", await browser.GetStringAsync(host.At("/get/a")));
            Assert.Equal(1, engine.Count().Commits);
        }
    }

    [Fact]
    public async Task A_request_that_does_not_use_the_session_keeps_it_alive_too()
    {
        for (var i = 0; i < 5; i++)
        {
            clock.Move(Idle * 0.9);
            await browser.GetStringAsync(host.At("/untouched"));
        }

        Assert.Equal("1", await browser.GetStringAsync(host.At("/get/a")));
    }

    [Fact]
    public async Task Requests_keep_a_session_alive_though_the_clock_was_set_back()
    {
        clock.SetBack(TimeSpan.FromHours(2));
        for (var i = 0; i < 5; i++)
        {
            clock.Move(Idle * 0.9);
            await browser.GetStringAsync(host.At("/untouched"));
        }

        Assert.Equal("1", await browser.GetStringAsync(host.At("/get/a")));
    }

    [Fact]
    public void A_session_that_its_client_holds_is_sent_again_after_the_clock_was_set_back()
    {
        var lifetime = new SessionLifetime(Idle, TimeSpan.FromHours(8), clock);
        var now = clock.GetUtcNow();
        var session = new HeldSession("held", now, now.ToUnixTimeSeconds(), new Dictionary<string, ReadOnlyMemory<byte>>());
        Assert.False(lifetime.IsTouchDue(session));
        clock.SetBack(TimeSpan.FromHours(2));
        Assert.True(lifetime.IsTouchDue(session));
    }

    [Fact]
    public async Task A_session_ends_at_its_absolute_timeout_whatever_its_use_and_renewals()
    {
        for (var i = 0; i < 11; i++)
        {
            clock.Move(TimeSpan.FromMinutes(10));
            await browser.GetStringAsync(host.At("/renew"));
            Assert.Equal("1", await browser.GetStringAsync(host.At("/get/a")));
        }

        clock.Move(TimeSpan.FromMinutes(10));
        Assert.Equal(HttpStatusCode.NotFound, (await browser.GetAsync(host.At("/get/a"))).StatusCode);
    }

    [Fact]
    public async Task A_touch_that_fails_does_not_fail_the_request()
    {
        clock.Move(Idle / 2);
        engine.CommitFault = new StateUnavailableException("away");
        Assert.Equal("1", await browser.GetStringAsync(host.At("/get/a")));
    }

    [Fact]
    public async Task Whoever_returns_after_the_end_and_writes_gets_a_new_session()
    {
        var before = await browser.GetStringAsync(host.At("/id"));
        clock.Move(Idle);
        using var response = await browser.PostAsync(host.At("/set/b"), new StringContent("2"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("b", await browser.GetStringAsync(host.At("/keys")));
        Assert.NotEqual(before, await browser.GetStringAsync(host.At("/id")));
    }
}
