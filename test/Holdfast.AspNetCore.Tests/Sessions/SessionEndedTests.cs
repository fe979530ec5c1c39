using System.Net;
using System.Net.WebSockets;
using System.Text;
using Holdfast.AspNetCore.Requests;
using Holdfast.AspNetCore.Sessions;
using Holdfast.AspNetCore.Tests.Logins;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.AspNetCore.Tests.Sessions;

/// <summary>Connections that stay open while their session ends, on another instance.</summary>
public sealed class SessionEndedTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>Ten times what is promised.</summary>
    private static readonly TimeSpan ExpiryDeadline = TimeSpan.FromSeconds(30);

    private readonly TestClock clock = new();
    private readonly CookieContainer jar = new();
    private HttpClient browser = null!;
    private CountingEngine engine = null!;
    private WebHost live = null!;
    private WebHost other = null!;

    public async ValueTask InitializeAsync()
    {
        browser = WebHost.Browser(jar);
        engine = await Engines.OpenAsync(clock);
        live = await SignInApp.StartAsync(engine, clock);
        other = await SignInApp.StartAsync(engine, clock);
    }

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await live.DisposeAsync();
        await other.DisposeAsync();
        await engine.DisposeAsync();
    }

    [Theory]
    [InlineData("/state/sign-in/ada", "directory")]
    [InlineData("/state/sign-in/ada", "/state/end")]
    [InlineData("/state/sign-in/ada", "/state/renew")]
    [InlineData("/sign-in/ada", "directory")]
    [InlineData("/sign-in/ada", "/sign-out")]
    [InlineData("/begin", "/state/end")]
    public async Task A_WebSocket_is_told_that_its_session_has_ended(string begin, string end)
    {
        await browser.GetStringAsync(other.At(begin));
        using var socket = await ConnectAsync();
        Assert.Equal("live.", await ReceiveAsync(socket));
        await EndAsync(end);
        Assert.Equal("ended", await ReceiveAsync(socket));
    }

    [Fact]
    public async Task A_stream_is_told_when_the_sign_in_that_its_ticket_belongs_to_ends_though_it_has_no_session_any_more()
    {
        await browser.GetStringAsync(other.At("/sign-in/ada"));
        clock.Move(TimeSpan.FromHours(1));
        using var stream = await browser.GetStreamAsync(live.At("/stream"));
        Assert.Equal("live.", await ReadAsync(stream));
        await EndAsync("directory");
        Assert.Equal("ended", await ReadAsync(stream));
    }

    [Theory]
    [InlineData("/begin")]
    [InlineData("/state/sign-in/ada")]
    public async Task A_connection_is_told_that_its_session_has_expired(string begin)
    {
        await browser.GetStringAsync(other.At(begin));
        using var socket = await ConnectAsync();
        Assert.Equal("live.", await ReceiveAsync(socket));
        var next = ReceiveAsync(socket);
        clock.Move(TimeSpan.FromMinutes(19));
        await TouchAsync(new Address("unrelated", "one"));
        Assert.False(next.IsCompleted);
        clock.Move(TimeSpan.FromMinutes(1));
        Assert.Equal("ended", await next.WaitAsync(ExpiryDeadline));
    }

    [Fact]
    public async Task What_happens_to_other_sessions_and_changes_of_its_own_tell_a_connection_nothing()
    {
        await browser.GetStringAsync(other.At("/state/sign-in/ada"));
        using var socket = await ConnectAsync();
        Assert.Equal("live.", await ReceiveAsync(socket));
        var next = ReceiveAsync(socket);
        for (var i = 0; i < 20; i++)
        {
            using var another = WebHost.Browser();
            await another.GetStringAsync(other.At("/state/sign-in/ada"));
            await another.GetStringAsync(other.At("/state/end"));
            await browser.GetStringAsync(other.At("/begin"));
            clock.Move(TimeSpan.FromMinutes(5));
            await browser.GetStringAsync(other.At("/session"));
        }

        Assert.False(next.IsCompleted);
        await EndAsync("directory");
        Assert.Equal("ended", await next);
    }

    [Fact]
    public async Task Connections_of_one_session_share_a_watch_and_the_last_one_ends_it()
    {
        await browser.GetStringAsync(other.At("/state/sign-in/ada"));
        var watches = live.Services.GetRequiredService<StateServices>().Watches;
        for (var i = 0; i < 3; i++)
        {
            using var one = await ConnectAsync();
            using var two = await ConnectAsync();
            Assert.Equal(["live.", "live."], [await ReceiveAsync(one), await ReceiveAsync(two)]);
            Assert.Equal(1, watches.Count);
            one.Abort();
            two.Abort();
            await WhenAsync(() => watches.Count == 0);
        }
    }

    [Fact]
    public async Task A_connection_whose_session_nobody_can_tell_of_is_told_that_it_has_ended_once_the_bound_has_passed()
    {
        await browser.GetStringAsync(other.At("/state/sign-in/ada"));
        var address = new Address("session", (await browser.GetStringAsync(other.At("/session"))).Split(' ')[0]);
        using var socket = await ConnectAsync();
        Assert.Equal("live.", await ReceiveAsync(socket));
        var next = ReceiveAsync(socket);
        engine.ReadFault = new StateUnavailableException("away");
        await TouchAsync(address);
        clock.Move(SessionWatch.ProofLasts / 2);
        await TouchAsync(address);
        Assert.False(next.IsCompleted);
        clock.Move(SessionWatch.ProofLasts);
        Assert.Equal("ended", await next);
    }

    [Fact]
    public async Task Whoever_connects_when_the_store_is_back_is_told_nothing_though_earlier_connections_were()
    {
        await browser.GetStringAsync(other.At("/state/sign-in/ada"));
        var address = new Address("session", (await browser.GetStringAsync(other.At("/session"))).Split(' ')[0]);
        var session = new SessionReference(address.Affinity, (await engine.ReadAsync(address)).Record!.Birth);
        var watches = live.Services.GetRequiredService<StateServices>().Watches;
        using var before = watches.Begin(session, null);
        engine.ReadFault = new StateUnavailableException("away");
        await TouchAsync(address);
        clock.Move(SessionWatch.ProofLasts);
        await WhenAsync(() => before.Ended.IsCancellationRequested);

        engine.ReadFault = null;
        using var after = watches.Begin(session, null);
        before.Dispose();
        Assert.False(after.Ended.IsCancellationRequested);
        Assert.Equal(1, watches.Count);
        await EndAsync("directory");
        await WhenAsync(() => after.Ended.IsCancellationRequested);
        after.Dispose();
        Assert.Equal(0, watches.Count);
    }

    [Fact]
    public async Task A_connection_outlives_an_absence_of_the_store_that_is_short()
    {
        await browser.GetStringAsync(other.At("/state/sign-in/ada"));
        var address = new Address("session", (await browser.GetStringAsync(other.At("/session"))).Split(' ')[0]);
        using var socket = await ConnectAsync();
        Assert.Equal("live.", await ReceiveAsync(socket));
        var next = ReceiveAsync(socket);
        engine.ReadFault = new StateUnavailableException("away");
        var before = engine.Reads;
        await TouchAsync(address);
        await WhenAsync(() => engine.Reads > before);
        engine.ReadFault = null;
        clock.Move(SessionWatch.ProofLasts / 2);
        before = engine.Reads;
        await WhenAsync(() => engine.Reads > before);
        clock.Move(SessionWatch.ProofLasts * 0.9);
        Assert.False(next.IsCompleted);
        await EndAsync("directory");
        Assert.Equal("ended", await next);
    }

    [Fact]
    public async Task Without_a_session_there_is_nothing_to_end()
    {
        using var socket = await ConnectAsync();
        Assert.Equal("live.", await ReceiveAsync(socket));
        Assert.Equal(0, live.Services.GetRequiredService<StateServices>().Watches.Count);
    }

    private async Task EndAsync(string end)
    {
        if (end == "directory")
        {
            Assert.Equal(1, await other.Services.GetRequiredService<SessionDirectory>().EndAllAsync("ada"));
        }
        else
        {
            await browser.GetStringAsync(other.At(end));
        }
    }

    /// <summary>Pulses the record's watches.</summary>
    private async Task TouchAsync(Address address) =>
        await engine.CommitAsync(new Commit(RecordChange.Keep(address).ExpireAfter(TimeSpan.FromMinutes(20))));

    private async Task<ClientWebSocket> ConnectAsync()
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Cookie", jar.GetCookieHeader(live.Url));
        await socket.ConnectAsync(new UriBuilder(live.At("/live")) { Scheme = "ws" }.Uri, CancellationToken.None);
        return socket;
    }

    private static async Task<string> ReceiveAsync(ClientWebSocket socket)
    {
        var buffer = new byte[100];
        var result = await socket.ReceiveAsync(buffer, CancellationToken.None).WaitAsync(Deadline);
        return Encoding.ASCII.GetString(buffer, 0, result.Count);
    }

    private static async Task<string> ReadAsync(Stream stream)
    {
        var buffer = new byte[5];
        await stream.ReadExactlyAsync(buffer).AsTask().WaitAsync(Deadline);
        return Encoding.ASCII.GetString(buffer);
    }

    private static async Task WhenAsync(Func<bool> isSo)
    {
        for (var began = TimeProvider.System.GetTimestamp(); !isSo(); await Task.Yield())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Deadline, "It has not come to that.");
        }
    }
}
