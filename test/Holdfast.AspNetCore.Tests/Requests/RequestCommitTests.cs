using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.AspNetCore.Tests.Requests;

public sealed class RequestCommitTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private CountingEngine engine = null!;
    private readonly HttpClient browser = WebHost.Browser();

    public async ValueTask InitializeAsync() => engine = await Engines.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await engine.DisposeAsync();
    }

    [Fact]
    public async Task A_failed_commit_discards_body_and_headers_and_is_answered_503()
    {
        await using var host = await StartAsync((HttpContext context) =>
        {
            context.Response.Headers["X-Handler"] = "set";
            context.Response.Cookies.Append("signed-in", "yes");
            context.Session.SetString("a", "1");
            return Results.Json(new { secret = "body" }, statusCode: 201);
        });
        engine.CommitFault = new StateUnavailableException("away");
        using var response = await browser.GetAsync(host.Url);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), response.Headers.RetryAfter!.Delta);
        Assert.Equal("outer", response.Headers.GetValues("X-Outer").Single());
        Assert.False(response.Headers.Contains("X-Handler"));
        Assert.False(response.Headers.Contains("Set-Cookie"));
        Assert.DoesNotContain("secret", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        engine.CommitFault = null;
        Assert.Equal(HttpStatusCode.Created, (await browser.GetAsync(host.Url)).StatusCode);
    }

    [Fact]
    public async Task A_request_that_fails_after_an_explicit_commit_tells_the_session_that_it_made()
    {
        await using var host = await StartAsync(async Task (HttpContext context) =>
        {
            context.Session.SetString("a", "1");
            await context.Session.CommitAsync();
            throw new StateUnavailableException("away");
        });
        using var response = await browser.GetAsync(host.Url);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.NotNull(SentCookies.HeaderOf(response, SentCookies.Session));
    }

    [Theory]
    [InlineData("commit", true)]
    [InlineData("enlist", true)]
    [InlineData("read", false)]
    public async Task A_request_that_fails_tells_its_client_to_see_what_it_made_before(string first, bool isTold)
    {
        await using var host = await StartAsync(async Task (HttpContext context) =>
        {
            var state = context.GetState();
            var (home, elsewhere) = (state.Engine.Partitions.Pin(0, "x"), state.Engine.Partitions.Pin(1, "x"));
            switch (first)
            {
                case "commit":
                    await state.CommitAsync(new Commit(RecordChange.Update(new Address("thing", elsewhere)).Add("n", 1)));
                    break;
                case "enlist":
                    state.Enlist(RecordChange.Update(new Address("thing", elsewhere)).Add("n", 1));
                    break;
                default:
                    await state.ReadAsync(new Address("thing", elsewhere));
                    break;
            }

            state.Enlist(RecordChange.Update(new Address("order", home)).When(Condition.Exists).Set("n", "1"));
        });
        using var response = await browser.GetAsync(host.Url);
        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.Equal(isTold, SentCookies.HeaderOf(response, SentCookies.Seen) is not null);
    }

    [Fact]
    public async Task An_end_that_was_not_committed_leaves_the_client_its_session()
    {
        await using var host = await StartAsync((HttpContext context) =>
        {
            if (context.Request.Query.ContainsKey("end"))
            {
                context.GetState().EndSession();
                return "ended";
            }

            var before = context.Session.GetString("a") ?? "none";
            context.Session.SetString("a", "1");
            return before;
        });
        await browser.GetStringAsync(host.Url);
        engine.CommitFault = new StateUnavailableException("away");
        using var end = await browser.GetAsync(host.At("/?end"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, end.StatusCode);
        Assert.Empty(SentCookies.HeadersOf(end));
        engine.CommitFault = null;
        Assert.Equal("1", await browser.GetStringAsync(host.Url));
        await browser.GetStringAsync(host.At("/?end"));
        Assert.Equal("none", await browser.GetStringAsync(host.Url));
    }

    [Fact]
    public async Task A_store_that_fails_the_handler_is_answered_503_and_a_limit_413()
    {
        await using var host = await StartAsync(async (HttpContext context) =>
        {
            await context.GetState().ReadAsync(new Address("thing", "x"));
            return "read";
        });
        engine.ReadFault = new StateUnavailableException("away");
        using var away = await browser.GetAsync(host.Url);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, away.StatusCode);
        Assert.NotNull(away.Headers.RetryAfter);
        engine.ReadFault = new StateLimitException("A thing has at most 3 bytes.");
        using var limit = await browser.GetAsync(host.Url);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, limit.StatusCode);
        Assert.Equal("application/problem+json", limit.Content.Headers.ContentType!.MediaType);
        Assert.Contains("A thing has at most 3 bytes.", await limit.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var page = new HttpRequestMessage(HttpMethod.Get, host.Url) { Headers = { { "Accept", "text/html,*/*;q=0.8" } } };
        using var text = await browser.SendAsync(page);
        Assert.Equal("A thing has at most 3 bytes.\n", await text.Content.ReadAsStringAsync());
        engine.ReadFault = null;
        Assert.Equal("read", await browser.GetStringAsync(host.Url));
    }

    [Fact]
    public async Task An_unhandled_exception_commits_nothing_and_reaches_the_error_page()
    {
        await using var host = await StartAsync(
            string (HttpContext context) =>
            {
                context.Session.SetString("a", "1");
                throw new InvalidOperationException("the handler's own");
            },
            before: app => app.UseExceptionHandler(error => error.Run(context =>
                context.Response.WriteAsync("page: " + context.Features.Get<Microsoft.AspNetCore.Diagnostics.IExceptionHandlerFeature>()!.Error.Message))));
        engine.Count();
        using var response = await browser.GetAsync(host.Url);
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal("page: the handler's own", await response.Content.ReadAsStringAsync());
        Assert.False(response.Headers.Contains("Set-Cookie"));
        Assert.Equal((0, 0), engine.Count());
    }

    [Fact]
    public async Task An_exception_handled_within_commits_nothing_and_shows_only_the_error_page()
    {
        await using var host = await StartAsync(
            async Task (HttpContext context) =>
            {
                context.Session.SetString("a", "1");
                await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes("half a page"));
                throw new InvalidOperationException("the handler's own");
            },
            after: app => app.UseExceptionHandler(error => error.Run(context => context.Response.WriteAsync("error page"))));
        engine.Count();
        using var response = await browser.GetAsync(host.Url);
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal("error page", await response.Content.ReadAsStringAsync());
        Assert.Equal((0, 0), engine.Count());
    }

    [Fact]
    public async Task A_streamed_response_commits_ahead_of_its_first_flush()
    {
        var goOn = new TaskCompletionSource();
        Exception? late = null;
        await using var host = await StartAsync(async Task (HttpContext context) =>
        {
            context.Session.SetString("a", "1");
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes("first "));
            await context.Response.Body.FlushAsync();
            await goOn.Task.WaitAsync(Patience);
            late = Xunit.Record.Exception(() => context.Session.SetString("b", "2"));
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes("second"));
        });
        engine.Count();
        using var response = await browser.GetAsync(host.Url, HttpCompletionOption.ResponseHeadersRead);
        Assert.True(response.Headers.Contains("Set-Cookie"));
        Assert.Equal(1, engine.Count().Commits);
        goOn.SetResult();
        Assert.Equal("first second", await response.Content.ReadAsStringAsync());
        Assert.IsType<InvalidOperationException>(late);
    }

    [Fact]
    public async Task A_failed_commit_ahead_of_a_flush_discards_what_the_handler_goes_on_to_write()
    {
        await using var host = await StartAsync(async Task (HttpContext context) =>
        {
            context.Session.SetString("a", "1");
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes("secret"));
            await Assert.ThrowsAsync<StateUnavailableException>(() => context.Response.Body.FlushAsync());
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes("secret"));
        });
        engine.CommitFault = new StateUnavailableException("away");
        using var response = await browser.GetAsync(host.Url);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.DoesNotContain("secret", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(64 << 10)]
    [InlineData((64 << 10) + 1)]
    [InlineData(1_000_000)]
    public async Task A_body_of_any_length_arrives_whole_after_the_commit(int length)
    {
        var content = new byte[length];
        new Random(length).NextBytes(content);
        await using var host = await StartAsync(async Task (HttpContext context) =>
        {
            context.Session.SetString("a", "1");
            for (var start = 0; start < content.Length; start += 1000)
            {
                await context.Response.Body.WriteAsync(content.AsMemory(start, Math.Min(1000, content.Length - start)));
            }
        });
        using var response = await browser.GetAsync(host.Url);
        Assert.Equal(content, await response.Content.ReadAsByteArrayAsync());
        Assert.True(response.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task Pipe_writes_files_and_completion_all_commit_first()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "of a file");
        await using var host = await WebHost.StartAsync(engine, app =>
        {
            app.UseHoldfast();
            app.MapGet("/pipe", async (HttpContext context) =>
            {
                context.Session.SetString("a", "1");
                Encoding.UTF8.GetBytes("by pipe").CopyTo(context.Response.BodyWriter.GetSpan(7));
                context.Response.BodyWriter.Advance(7);
                await context.Response.BodyWriter.FlushAsync();
                await context.Response.BodyWriter.WriteAsync(Encoding.UTF8.GetBytes(", and on"));
            });
            app.MapGet("/file", async (HttpContext context) =>
            {
                context.Session.SetString("a", "1");
                await context.Response.SendFileAsync(file);
            });
            app.MapGet("/complete", async (HttpContext context) =>
            {
                context.Session.SetString("a", "1");
                await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes("all"));
                await context.Response.CompleteAsync();
            });
            app.MapGet("/start", async (HttpContext context) =>
            {
                context.Session.SetString("a", "1");
                await context.Response.StartAsync();
            });
        });
        foreach (var (path, expected) in new[] { ("/pipe", "by pipe, and on"), ("/file", "of a file"), ("/complete", "all"), ("/start", "") })
        {
            using var client = WebHost.Browser();
            using var response = await client.GetAsync(host.At(path));
            Assert.Equal(expected, await response.Content.ReadAsStringAsync());
            Assert.True(response.Headers.Contains("Set-Cookie"), path);
        }

        File.Delete(file);
    }

    [Fact]
    public async Task What_a_callback_at_the_start_of_the_response_changes_is_committed()
    {
        await using var host = await StartAsync(async Task (HttpContext context) =>
        {
            context.Response.OnStarting(() =>
            {
                context.Session.SetString("by-callback", "yes");
                return Task.CompletedTask;
            });
            await context.Response.WriteAsync("body");
        });
        Assert.Equal("body", await browser.GetStringAsync(host.Url));
        Assert.Equal("by-callback", Assert.Single(engine.LastCommit!.Changes).Operations[^1].Field);
    }

    [Fact]
    public async Task HEAD_and_304_only_touch()
    {
        await using var host = await StartAsync((HttpContext context) =>
        {
            context.Session.SetString("a", "1");
            return Results.StatusCode(context.Request.Query.ContainsKey("unmodified") ? 304 : 200);
        });
        engine.Count();
        using var head = await browser.SendAsync(new HttpRequestMessage(HttpMethod.Head, host.Url));
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        using var unmodified = await browser.GetAsync(host.At("/?unmodified"));
        Assert.Equal(HttpStatusCode.NotModified, unmodified.StatusCode);
        Assert.Equal((0, 0), engine.Count());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_WebSocket_commits_ahead_of_its_101(bool socketsFirst)
    {
        void Sockets(WebApplication app) => app.UseWebSockets();
        await using var host = await StartAsync(
            async Task (HttpContext context) =>
            {
                context.Session.SetString("a", "1");
                using var socket = await context.WebSockets.AcceptWebSocketAsync();
                Assert.Throws<InvalidOperationException>(() => context.Session.SetString("b", "2"));
                await socket.SendAsync(Encoding.UTF8.GetBytes("hello"), WebSocketMessageType.Text, true, default);
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
            },
            before: socketsFirst ? Sockets : null,
            after: socketsFirst ? null : Sockets);
        engine.Count();
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        await socket.ConnectAsync(new UriBuilder(host.Url) { Scheme = "ws" }.Uri, default);
        Assert.True(socket.HttpResponseHeaders!.ContainsKey("Set-Cookie"));
        Assert.Equal(1, engine.Count().Commits);
        var buffer = new byte[10];
        Assert.Equal(5, (await socket.ReceiveAsync(buffer, default)).Count);
    }

    [Fact]
    public async Task A_commit_that_has_begun_does_not_heed_the_clients_leaving()
    {
        var committing = new TaskCompletionSource();
        var left = new TaskCompletionSource();
        await using var host = await StartAsync((HttpContext context) =>
        {
            context.Session.SetString("a", "1");
            context.RequestAborted.Register(left.SetResult);
            engine.BeforeCommit = async _ =>
            {
                committing.SetResult();
                await left.Task.WaitAsync(Patience);
            };
        });
        using var leaving = new CancellationTokenSource();
        var request = browser.GetAsync(host.Url, leaving.Token);
        await committing.Task.WaitAsync(Patience);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        await left.Task.WaitAsync(Patience);
        var session = engine.LastCommit!.Changes[0].Address;
        await using var watch = await engine.WatchAsync(session);
        if ((await engine.ReadAsync(session)).Record is null)
        {
            await watch.WaitAsync().AsTask().WaitAsync(Patience);
        }

        Assert.Equal("1", (await engine.ReadAsync(session)).Record!.Text("a"));
    }

    [Fact]
    public async Task Compression_and_synchronous_writes_work_through_the_gate()
    {
        var text = string.Concat(Enumerable.Repeat("holdfast ", 20_000));
        await using var host = await WebHost.StartAsync(
            engine,
            app =>
            {
                app.UseResponseCompression();
                app.UseHoldfast();
                app.MapGet("/", (HttpContext context) =>
                {
                    context.Session.SetString("a", "1");
                    return Results.Text(text);
                });
                app.MapGet("/sync", (HttpContext context) =>
                {
                    Assert.Throws<InvalidOperationException>(() => context.Response.Body.Write(new byte[1], 0, 1));
                    context.Features.GetRequiredFeature<IHttpBodyControlFeature>().AllowSynchronousIO = true;
                    context.Response.Body.Write(Encoding.UTF8.GetBytes("at once"));
                    context.Response.Body.Flush();
                });
            },
            build: builder => builder.Services.AddResponseCompression(options => options.Providers.Add<GzipCompressionProvider>()));
        using var client = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.All });
        using var response = await client.GetAsync(host.Url);
        Assert.Equal(text, await response.Content.ReadAsStringAsync());
        Assert.True(response.Headers.Contains("Set-Cookie"));
        Assert.Equal("at once", await client.GetStringAsync(host.At("/sync")));
    }

    private Task<WebHost> StartAsync(Delegate handler, Action<WebApplication>? before = null, Action<WebApplication>? after = null) =>
        WebHost.StartAsync(engine, app =>
        {
            app.Use((context, next) =>
            {
                context.Response.Headers["X-Outer"] = "outer";
                return next(context);
            });
            before?.Invoke(app);
            app.UseHoldfast();
            after?.Invoke(app);
            app.MapMethods("/", ["GET", "HEAD"], handler);
        });
}
