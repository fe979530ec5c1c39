using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Tests.Sessions;

/// <summary>How long a request of an application that serializes its sessions keeps its turn, on two instances.</summary>
public sealed class SessionTurnTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(100);
    private readonly CookieContainer jar = new();
    private readonly TaskCompletionSource quiet = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HttpClient browser = null!;
    private CountingEngine engine = null!;
    private WebHost first = null!;
    private WebHost second = null!;

    public async ValueTask InitializeAsync()
    {
        browser = WebHost.Browser(jar);
        engine = await Engines.OpenAsync();
        first = await StartAsync();
        second = await StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync(first.At("/count"))).StatusCode);
    }

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await first.DisposeAsync();
        await second.DisposeAsync();
        await engine.DisposeAsync();
    }

    [Theory]
    [InlineData("/stream")]
    [InlineData("/stream?set")]
    [InlineData("/stream?late")]
    [InlineData("/stream-without")]
    public async Task A_response_that_goes_on_does_not_keep_the_turn(string path)
    {
        using var stream = await browser.GetStreamAsync(first.At(path));
        var opening = new byte[4];
        await stream.ReadExactlyAsync(opening);
        Assert.Equal("open", Encoding.ASCII.GetString(opening));
        await AssertFreeAsync();
    }

    [Fact]
    public async Task A_request_that_keeps_its_client_waiting_and_does_not_use_the_session_takes_no_turn()
    {
        using var leaving = new CancellationTokenSource();
        var waiting = browser.GetAsync(first.At("/quiet"), leaving.Token);
        await quiet.Task.WaitAsync(Deadline);
        await AssertFreeAsync();
        Assert.False(waiting.IsCompleted);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task A_WebSocket_does_not_keep_the_turn()
    {
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Cookie", jar.GetCookieHeader(first.Url));
        await socket.ConnectAsync(new UriBuilder(first.At("/socket")) { Scheme = "ws" }.Uri, CancellationToken.None);
        var opening = new byte[4];
        await socket.ReceiveAsync(opening, CancellationToken.None);
        Assert.Equal("open", Encoding.ASCII.GetString(opening));
        await AssertFreeAsync();
    }

    [Fact]
    public async Task A_turn_lasts_through_the_commits_that_the_handler_makes_itself()
    {
        Task<HttpResponseMessage>? crossing = null;
        var turnsRefused = 0;
        engine.AfterCommit = async (commit, result) =>
        {
            if (!result.IsCommitted && commit.Changes[0].Address.Kind == "session-turn")
            {
                Interlocked.Increment(ref turnsRefused);
            }

            if (crossing is null && result.IsCommitted && commit.Changes.Any(static change => change.Address.Kind == "session"))
            {
                // The other request either waits for its turn, or has been let in.
                crossing = browser.GetAsync(second.At("/count-twice"));
                var began = TimeProvider.System.GetTimestamp();
                while (!crossing.IsCompleted && Volatile.Read(ref turnsRefused) == 0)
                {
                    Assert.True(TimeProvider.System.GetElapsedTime(began) < Deadline, "It neither waits nor ends.");
                    await Task.Delay(10);
                }
            }

            return result;
        };
        using var response = await browser.GetAsync(first.At("/count-twice"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await crossing!).StatusCode);
        engine.AfterCommit = null;
        Assert.Equal("5", await browser.GetStringAsync(second.At("/get")));
        Assert.Empty(await engine.RecordsAsync("session-turn"));
    }

    [Fact]
    public async Task A_turn_that_was_lost_refuses_the_commits_that_the_handler_makes_itself()
    {
        engine.BeforeCommit = async commit =>
        {
            if (commit.Changes.Any(static change => change.Address.Kind == "session"))
            {
                engine.BeforeCommit = null;
                var turn = Assert.Single(await engine.RecordsAsync("session-turn"));
                await engine.CommitAsync(new Commit(RecordChange.Delete(turn.Address)));
            }
        };
        using var response = await browser.GetAsync(first.At("/count-twice"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("1", await browser.GetStringAsync(second.At("/get")));
    }

    [Theory]
    [InlineData("/redeem", HttpStatusCode.OK)]
    [InlineData("/redeem?count", HttpStatusCode.OK)]
    [InlineData("/redeem?lose", HttpStatusCode.ServiceUnavailable)]
    [InlineData("/redeem?lose&count", HttpStatusCode.ServiceUnavailable)]
    [InlineData("/redeem-keyed", HttpStatusCode.OK)]
    [InlineData("/redeem-keyed?lose", HttpStatusCode.ServiceUnavailable)]
    [InlineData("/redeem-keyed?lose&count", HttpStatusCode.ServiceUnavailable)]
    public async Task A_turn_that_was_lost_has_nothing_written_elsewhere_either(string path, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, first.At(path)) { Headers = { { "Idempotency-Key", "\"k\"" } } };
        using var response = await browser.SendAsync(request);
        Assert.Equal(expected, response.StatusCode);
        Assert.Equal(expected == HttpStatusCode.OK, (await engine.RecordsAsync("voucher")).Count == 1);
        await AssertFreeAsync();
    }

    [Fact]
    public async Task A_session_that_is_ended_and_begun_anew_within_a_turn_is_fenced_by_it_too()
    {
        using var response = await browser.GetAsync(first.At("/begin-anew"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("1", await browser.GetStringAsync(second.At("/get")));
        Assert.Empty(await engine.RecordsAsync("session-turn"));
    }

    /// <summary>Requests of the session are served on both instances, and the turn is nobody's.</summary>
    private async Task AssertFreeAsync()
    {
        foreach (var host in (WebHost[])[first, second])
        {
            using var response = await browser.GetAsync(host.At("/count"));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.Empty(await engine.RecordsAsync("session-turn"));
    }

    private Task<WebHost> StartAsync() => WebHost.StartAsync(engine, Map, static options => options.SessionConcurrency = SessionConcurrency.Serialize);

    private void Map(WebApplication app)
    {
        app.UseHoldfast();
        app.UseWebSockets();
        app.MapGet("/get", (HttpContext context) => context.Session.GetInt32("count")?.ToString(CultureInfo.InvariantCulture));
        app.MapGet("/count", CountAsync);
        app.MapGet("/count-twice", async (HttpContext context) =>
        {
            await CountAsync(context);
            await context.Session.CommitAsync();
            await CountAsync(context);
        });
        app.MapGet("/begin-anew", async (HttpContext context) =>
        {
            await CountAsync(context);
            context.GetState().EndSession();
            await context.Session.CommitAsync();
            await CountAsync(context);
        });
        app.MapPost("/redeem", RedeemAsync);
        app.MapPost("/redeem-keyed", RedeemAsync).WithIdempotency(static options => options with { Affinity = static context => VoucherOf(context.GetState()).Affinity });
        app.MapGet("/stream", async (HttpContext context, string? set, string? late) =>
        {
            if (late is null)
            {
                await context.Session.LoadAsync();
            }

            if (set is not null)
            {
                await CountAsync(context);
            }

            await OpenAsync(context);
        });
        app.MapGet("/stream-without", OpenAsync);
        app.MapGet("/quiet", async (HttpContext context) =>
        {
            quiet.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        app.MapGet("/socket", async (HttpContext context) =>
        {
            await context.Session.LoadAsync();
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            await socket.SendAsync("open"u8.ToArray(), WebSocketMessageType.Text, true, context.RequestAborted);
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
    }

    private static Address VoucherOf(RequestState state)
    {
        var partitions = state.Engine.Partitions;
        return new Address("voucher", partitions.Pin((partitions.PartitionOf(state.SessionAffinity) + 1) % partitions.Count, "v"));
    }

    /// <summary>Changes what lies in another partition than the session, after the turn was lost or not.</summary>
    private static async Task RedeemAsync(HttpContext context)
    {
        var state = context.GetState();
        await context.Session.LoadAsync();
        if (context.Request.Query.ContainsKey("lose"))
        {
            await state.Engine.CommitAsync(new Commit(RecordChange.Delete(new Address("session-turn", state.SessionAffinity))));
        }

        state.Enlist(RecordChange.Update(VoucherOf(state)).Set("by", "somebody"));
        if (context.Request.Query.ContainsKey("count"))
        {
            await CountAsync(context);
        }
    }

    private static async Task CountAsync(HttpContext context)
    {
        await context.Session.LoadAsync();
        context.Session.SetInt32("count", (context.Session.GetInt32("count") ?? 0) + 1);
    }

    /// <summary>Sends the beginning of a response that has no end, and looks at the session once more.</summary>
    private static async Task OpenAsync(HttpContext context)
    {
        await context.Response.WriteAsync("open");
        await context.Response.Body.FlushAsync();
        if (context.Request.Query.ContainsKey("late"))
        {
            await context.Session.LoadAsync();
        }

        await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
