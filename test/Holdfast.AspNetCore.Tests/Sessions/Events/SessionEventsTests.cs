using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Holdfast.AspNetCore.Tests.Logins;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.AspNetCore.Tests.Sessions.Events;

public sealed class SessionEventsTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Idle = HoldfastOptions.DefaultSessionIdleTimeout;
    private readonly TestClock clock = new();
    private readonly HttpClient browser = WebHost.Browser();
    private readonly List<WebHost> hosts = [];
    private readonly Channel<SessionEvent> told = Channel.CreateUnbounded<SessionEvent>();
    private readonly HashSet<(int, JournalPosition)> seen = [];
    private readonly CancellationTokenSource ending = new();
    private CountingEngine engine = null!;
    private Task following = Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        engine = await Engines.OpenAsync(clock);
        await StartAsync();
        await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await following;
        ending.Dispose();
        browser.Dispose();
        foreach (var host in hosts)
        {
            await host.DisposeAsync();
        }

        await engine.DisposeAsync();
    }

    [Fact]
    public async Task A_session_is_told_from_its_creation_over_sign_in_to_sign_out()
    {
        Follow();
        await browser.GetStringAsync(hosts[0].At("/begin"));
        var anonymous = SessionEvents.HandleOf(await SessionIdAsync());
        var created = await NextAsync();
        Assert.Equal((SessionEventKind.Created, anonymous, null, null), (created.Kind, created.Session, created.UserId, created.Reason));

        await browser.GetStringAsync(hosts[1].At("/state/sign-in/ada"));
        var signedIn = SessionEvents.HandleOf(await SessionIdAsync());
        var signInId = await browser.GetStringAsync(hosts[0].At("/state/sign-in-id"));
        var renewed = await NextAsync();
        Assert.Equal((SessionEventKind.Ended, anonymous, SessionEndReason.Renewed), (renewed.Kind, renewed.Session, renewed.Reason));
        var begun = await NextAsync();
        Assert.Equal((SessionEventKind.Created, signedIn, "ada", signInId), (begun.Kind, begun.Session, begun.UserId, begun.SignInId));
        Assert.True(begun.Position > renewed.Position);

        await browser.GetStringAsync(hosts[0].At("/state/end"));
        var ended = await NextAsync();
        Assert.Equal((SessionEventKind.Ended, signedIn, SessionEndReason.SignedOut), (ended.Kind, ended.Session, ended.Reason));
        Assert.Equal(("ada", signInId), (ended.UserId, ended.SignInId));
        Assert.Equal(clock.GetUtcNow(), ended.Time, TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData("/sign-in/ada")]
    [InlineData("/state/sign-in/ada")]
    public async Task It_is_told_who_was_ended_from_elsewhere_and_who_had_to_give_way(string signIn)
    {
        await browser.GetStringAsync(hosts[0].At(signIn));
        var first = SessionEvents.HandleOf(await SessionIdAsync());
        clock.Move(TimeSpan.FromSeconds(1));
        using var other = WebHost.Browser();
        await other.GetStringAsync(hosts[0].At(signIn));
        await hosts[1].Services.GetRequiredService<SessionDirectory>().EndAllAsync("ada");
        Follow();
        var ends = await TakeAsync(SessionEventKind.Ended, 2);
        Assert.Equal(SessionEndReason.Displaced, ends.Single(end => end.Session == first).Reason);
        Assert.Equal(SessionEndReason.Revoked, ends.Single(end => end.Session != first).Reason);
        Assert.All(ends, static end => Assert.Equal("ada", end.UserId));
    }

    [Fact]
    public async Task An_expiry_is_told_once_however_many_instances_run_and_whoever_fails_on_the_way()
    {
        await browser.GetStringAsync(hosts[0].At("/state/sign-in/ada"));
        var session = SessionEvents.HandleOf(await SessionIdAsync());
        var failures = 0;
        engine.BeforeCommit = commit =>
        {
            var fails = commit.Events.Any(static item => item.Type == "session.expired") && failures++ < 2;
            engine.CommitFault = fails ? new CommitUnknownException("It may have been made.") : null;
            return Task.CompletedTask;
        };
        clock.Move(Idle);
        Follow();
        await WhenClockMovesAsync(TakeAsync(SessionEventKind.Expired, 1));
        engine.BeforeCommit = null;
        var all = (await JournalAsync()).Where(item => item.Type == "session.expired").ToList();
        Assert.Contains(session, Encoding.UTF8.GetString(Assert.Single(all).Payload.Span), StringComparison.Ordinal);
        Assert.Empty(await TracesAsync());
    }

    [Fact]
    public async Task A_session_in_use_is_not_told_to_have_expired()
    {
        await browser.GetStringAsync(hosts[0].At("/begin"));
        var used = SessionEvents.HandleOf(await SessionIdAsync());
        using var other = WebHost.Browser();
        await other.GetStringAsync(hosts[0].At("/begin"));
        clock.Move(Idle * 0.9);
        await browser.GetStringAsync(hosts[0].At("/session"));
        clock.Move(Idle * 0.2);
        Follow();
        var expired = await WhenClockMovesAsync(TakeAsync(SessionEventKind.Expired, 1));
        Assert.NotEqual(used, expired[0].Session);
        Assert.Contains("begun", await browser.GetStringAsync(hosts[1].At("/session")), StringComparison.Ordinal);
        clock.Move(Idle);
        Assert.Equal(used, (await WhenClockMovesAsync(TakeAsync(SessionEventKind.Expired, 1)))[0].Session);
    }

    [Fact]
    public async Task Who_takes_over_learns_of_sessions_that_another_had_learnt_of()
    {
        await browser.GetStringAsync(hosts[0].At("/begin"));
        var id = await SessionIdAsync();
        await WhenFollowedAsync(id);
        foreach (var host in hosts)
        {
            await host.DisposeAsync();
        }

        hosts.Clear();
        await StartAsync();
        clock.Move(Idle);
        Follow();
        Assert.Equal(SessionEvents.HandleOf(id), (await WhenClockMovesAsync(TakeAsync(SessionEventKind.Expired, 1)))[0].Session);
    }

    [Fact]
    public async Task Sessions_are_found_when_the_journal_tells_of_them_no_more()
    {
        foreach (var host in hosts)
        {
            await host.DisposeAsync();
        }

        hosts.Clear();
        await StartAsync(static options => options.SessionIdleTimeout = options.SessionAbsoluteTimeout = TimeSpan.FromDays(30));
        await browser.GetStringAsync(hosts[0].At("/begin"));
        var id = await SessionIdAsync();
        await WhenFollowedAsync(id);
        await hosts[0].DisposeAsync();
        hosts.Clear();
        clock.Move(StateLimits.JournalMaxAge + TimeSpan.FromDays(1));
        await engine.CommitAsync(new Commit { Affinity = id, Events = [new NewEvent("something else", default)] });
        await StartAsync(static options => options.SessionIdleTimeout = options.SessionAbsoluteTimeout = TimeSpan.FromDays(30));
        clock.Move(TimeSpan.FromDays(22));
        Follow();
        Assert.Equal(SessionEvents.HandleOf(id), (await WhenClockMovesAsync(TakeAsync(SessionEventKind.Expired, 1)))[0].Session);
    }

    [Fact]
    public async Task Events_cost_no_commit_and_no_event_tells_a_session_s_id()
    {
        engine.Count();
        await browser.GetStringAsync(hosts[0].At("/begin"));
        Assert.Equal(1, OfSession());
        await browser.GetStringAsync(hosts[0].At("/state/renew"));
        Assert.Equal(2, OfSession());
        var id = await SessionIdAsync();
        await browser.GetStringAsync(hosts[0].At("/state/end"));
        Assert.Equal(3, OfSession());
        Assert.Equal(4, (await JournalAsync()).Count);
        Assert.All(await JournalAsync(), item => Assert.DoesNotContain(id.Split('~')[1], Encoding.UTF8.GetString(item.Payload.Span), StringComparison.Ordinal));
        Assert.Empty(await TracesAsync());
    }

    [Fact]
    public async Task Unless_they_are_asked_for_there_are_none_and_who_follows_is_told_so()
    {
        await using var host = await SignInApp.StartAsync(engine, clock);
        using var other = WebHost.Browser();
        await other.GetStringAsync(host.At("/begin"));
        await other.GetStringAsync(host.At("/state/end"));
        Assert.Empty(await JournalAsync());
        Assert.Empty(await TracesAsync());
        var events = host.Services.GetRequiredService<SessionEvents>();
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => events.FollowAsync("x", static (_, _) => ValueTask.CompletedTask));
        Assert.Contains("HoldfastOptions.SessionEvents", refused.Message, StringComparison.Ordinal);
    }

    private async Task StartAsync(Action<HoldfastOptions>? configure = null) => hosts.Add(await SignInApp.StartAsync(engine, clock, options =>
    {
        options.SessionEvents = true;
        options.MaxSessionsPerUser = 1;
        configure?.Invoke(options);
    }));

    private void Follow() => following = hosts[0].Services.GetRequiredService<SessionEvents>().FollowAsync(
        "test", (happened, cancellationToken) => told.Writer.WriteAsync(happened, cancellationToken), cancellationToken: ending.Token);

    /// <summary>The next event; one that is told again, because the clock took the follower's lease, counts once.</summary>
    private async Task<SessionEvent> NextAsync()
    {
        while (true)
        {
            var next = await told.Reader.ReadAsync().AsTask().WaitAsync(Deadline);
            if (seen.Add((next.Partition, next.Position)))
            {
                return next;
            }
        }
    }

    private async Task<List<SessionEvent>> TakeAsync(SessionEventKind kind, int count)
    {
        var taken = new List<SessionEvent>();
        while (taken.Count < count)
        {
            var next = await NextAsync();
            if (next.Kind == kind)
            {
                taken.Add(next);
            }
        }

        return taken;
    }

    /// <summary>The clock goes on, as clocks do: what is due in a while comes due, and a lease whose holder was stopped while taking it ends.</summary>
    private async Task TickAsync()
    {
        var began = TimeProvider.System.GetTimestamp();
        await Task.Delay(Tick);

        // As much as has passed, which on a busy machine is far more than was asked for: timers go by that.
        clock.Move(TimeProvider.System.GetElapsedTime(began));
    }

    private async Task<T> WhenClockMovesAsync<T>(Task<T> work)
    {
        while (!work.IsCompleted)
        {
            await TickAsync();
        }

        return await work;
    }

    private async Task<string> SessionIdAsync() => (await browser.GetStringAsync(hosts[0].At("/session"))).Split(' ')[0];

    /// <summary>Returns once the session's partition has been followed.</summary>
    private async Task WhenFollowedAsync(string sessionId)
    {
        var positions = new Address("journal-follower", "session-expiry", "positions");
        var field = engine.Partitions.PartitionOf(sessionId).ToString(CultureInfo.InvariantCulture);
        for (var began = TimeProvider.System.GetTimestamp(); (await engine.ReadAsync(positions)).Record?[field] is null; await TickAsync())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Deadline, "No position was stored.");
        }
    }

    /// <summary>How many commits have changed sessions.</summary>
    private int OfSession() => engine.CommitsOf("session");

    private async Task<List<JournalEvent>> JournalAsync()
    {
        var all = new List<JournalEvent>();
        for (var partition = 0; partition < engine.Partitions.Count; partition++)
        {
            all.AddRange((await engine.ReadJournalAsync(partition, JournalPosition.Start, 1000)).Events);
        }

        return all;
    }

    private Task<IReadOnlyList<Record>> TracesAsync() => engine.RecordsAsync("session-trace");
}
