using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Tests.Requests;

/// <summary>The middleware in Kestrel over TLS and HTTP/2, where many requests share a connection.</summary>
public sealed class SecureHttp2Tests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly CookieContainer jar = new();
    private readonly X509Certificate2 certificate = SelfSigned();
    private readonly TaskCompletionSource goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SocketsHttpHandler connection;
    private readonly HttpClient browser;
    private CountingEngine engine = null!;
    private WebHost host = null!;

    public SecureHttp2Tests()
    {
        connection = Trusting(jar);
        browser = new HttpClient(connection) { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
    }

    public async ValueTask InitializeAsync()
    {
        engine = await Engines.OpenAsync();
        host = await WebHost.StartAsync(engine, Map, build: builder =>
        {
            builder.WebHost.UseUrls("https://127.0.0.1:0");
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureHttpsDefaults(https => https.ServerCertificate = certificate));
        });
    }

    public async ValueTask DisposeAsync()
    {
        goOn.TrySetResult();
        browser.Dispose();
        await host.DisposeAsync();
        await engine.DisposeAsync();
        certificate.Dispose();
    }

    [Fact]
    public async Task Each_cookie_is_the_hosts_alone_and_travels_over_TLS_only()
    {
        using var response = await browser.GetAsync(host.At("/set/a"));

        Assert.Equal(HttpVersion.Version20, response.Version);
        var cookies = response.Headers.GetValues("Set-Cookie").Select(static cookie => cookie.Split("; ")).ToList();
        Assert.NotEmpty(cookies);
        Assert.All(cookies, static cookie =>
        {
            Assert.StartsWith("__Host-Holdfast", cookie[0], StringComparison.Ordinal);
            Assert.Equal(["httponly", "path=/", "samesite=lax", "secure"], cookie[1..].Order(StringComparer.Ordinal));
        });
    }

    [Fact]
    public async Task A_cookie_of_plain_HTTP_is_none_over_TLS_whatever_it_is_called()
    {
        await using var plain = await WebHost.StartAsync(engine, Map);
        using var first = WebHost.Plain();
        using var given = await first.GetAsync(plain.At("/set/a"));
        var cookies = string.Join("; ", given.Headers.GetValues("Set-Cookie").Select(static cookie => cookie.Split(';')[0]));
        Assert.Equal("a", await KeysAsync(plain, cookies));

        Assert.Equal("", await KeysAsync(host, cookies));
        Assert.Equal("", await KeysAsync(host, cookies.Replace(".Holdfast", "__Host-Holdfast", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Parallel_requests_on_one_connection_all_count()
    {
        await browser.GetStringAsync(host.At("/set/first"));
        var connections = await Task.WhenAll(Enumerable.Range(0, 90).Select(i => browser.GetStringAsync(host.At($"/set/key{i}"))));

        Assert.Single(connections.Distinct());
        var keys = (await browser.GetStringAsync(host.At("/keys"))).Split(' ');
        Assert.Equal(Enumerable.Range(0, 90).Select(static i => $"key{i}").Append("first").Order(StringComparer.Ordinal), keys);
    }

    [Fact]
    public async Task A_stream_that_waits_for_the_store_holds_up_no_other_of_its_connection()
    {
        await browser.GetStringAsync(host.At("/set/first"));
        engine.BeforeCommit = _ => goOn.Task;
        var waiting = browser.GetStringAsync(host.At("/set/second"));
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("first", await browser.GetStringAsync(host.At("/keys")).WaitAsync(Patience));
        }

        Assert.False(waiting.IsCompleted);
        goOn.SetResult();
        await waiting.WaitAsync(Patience);
        Assert.Equal("first second", await browser.GetStringAsync(host.At("/keys")));
    }

    [Fact]
    public async Task A_streamed_answer_commits_ahead_of_its_headers_and_keeps_its_trailers()
    {
        engine.Count();
        using var response = await browser.GetAsync(host.At("/stream"), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(1, engine.Count().Commits);
        Assert.Equal("by parts", await response.Content.ReadAsStringAsync());
        Assert.Equal("yes", response.TrailingHeaders.GetValues("Whole").Single());
        Assert.Equal("streamed", await browser.GetStringAsync(host.At("/keys")));
    }

    [Fact]
    public async Task A_flush_that_is_cancelled_loses_nothing_of_what_was_written_before()
    {
        Assert.Equal("by parts", await browser.GetStringAsync(host.At("/cancelled-flush")));
        Assert.Equal("flushed", await browser.GetStringAsync(host.At("/keys")));
    }

    [Fact]
    public async Task A_commit_goes_on_when_the_client_resets_the_stream_and_the_connection_stays()
    {
        var before = await browser.GetStringAsync(host.At("/set/first"));
        var committing = new TaskCompletionSource();
        engine.BeforeCommit = async _ =>
        {
            committing.TrySetResult();
            await goOn.Task;
        };
        using var leaving = new CancellationTokenSource();
        var reset = browser.GetStringAsync(host.At("/set/second"), leaving.Token);
        await committing.Task.WaitAsync(Patience);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reset);
        goOn.SetResult();

        Assert.Equal(before, await browser.GetStringAsync(host.At("/set/third")));
        var since = TimeProvider.System.GetTimestamp();
        while (await browser.GetStringAsync(host.At("/keys")) != "first second third")
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < Patience, "The commit was not made.");
        }
    }

    [Fact]
    public async Task A_WebSocket_commits_ahead_of_its_200()
    {
        await browser.GetStringAsync(host.At("/set/first"));
        var committing = new TaskCompletionSource();
        engine.BeforeCommit = async _ =>
        {
            committing.TrySetResult();
            await goOn.Task;
        };
        using var socket = Socket();
        var connecting = ConnectAsync(socket);
        await committing.Task.WaitAsync(Patience);
        Assert.Equal("first", await browser.GetStringAsync(host.At("/keys")));
        Assert.False(connecting.IsCompleted);
        goOn.SetResult();
        await connecting.WaitAsync(Patience);

        Assert.Equal(HttpStatusCode.OK, socket.HttpStatusCode);
        Assert.Equal("first socket", await browser.GetStringAsync(host.At("/keys")));
        var buffer = new byte[64];
        var told = await socket.ReceiveAsync(buffer, default);
        Assert.Equal("HTTP/2 refuses changes", Encoding.UTF8.GetString(buffer, 0, told.Count));
    }

    [Fact]
    public async Task A_WebSocket_whose_commit_fails_is_answered_503()
    {
        await browser.GetStringAsync(host.At("/set/first"));
        engine.CommitFault = new StateUnavailableException("away");
        using var socket = Socket();

        await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(socket));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, socket.HttpStatusCode);
        engine.CommitFault = null;
        Assert.Equal("first", await browser.GetStringAsync(host.At("/keys")));
    }

    private async Task<string> KeysAsync(WebHost of, string cookies)
    {
        using var client = new HttpClient(Trusting(jar: null));
        client.DefaultRequestHeaders.Add("Cookie", cookies);
        return await client.GetStringAsync(of.At("/keys"));
    }

    private static void Map(WebApplication app)
    {
        app.UseHoldfast();
        app.UseWebSockets();
        app.MapGet("/set/{key}", (string key, HttpContext context) =>
        {
            context.Session.SetString(key, "x");
            return context.Connection.Id;
        });
        app.MapGet("/keys", (HttpContext context) => string.Join(' ', context.Session.Keys.Order(StringComparer.Ordinal)));
        app.MapGet("/stream", async (HttpContext context) =>
        {
            context.Session.SetString("streamed", "x");
            context.Response.DeclareTrailer("Whole");
            await context.Response.WriteAsync("by ");
            await context.Response.Body.FlushAsync();
            await context.Response.WriteAsync("parts");
            context.Response.AppendTrailer("Whole", "yes");
        });
        app.MapGet("/cancelled-flush", async (HttpContext context) =>
        {
            context.Session.SetString("flushed", "x");
            await context.Response.Body.WriteAsync("by "u8.ToArray());
            await Xunit.Record.ExceptionAsync(() => context.Response.Body.FlushAsync(new CancellationToken(true)));
            await context.Response.WriteAsync("parts");
        });
        app.Map("/socket", async (HttpContext context) =>
        {
            context.Session.SetString("socket", "x");
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            var refuses = Xunit.Record.Exception(() => context.Session.SetString("late", "x")) is InvalidOperationException;
            await socket.SendAsync(Encoding.UTF8.GetBytes($"{context.Request.Protocol} {(refuses ? "refuses" : "takes")} changes"), WebSocketMessageType.Text, true, default);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
        });
    }

    private SocketsHttpHandler Trusting(CookieContainer? jar) => new()
    {
        UseCookies = jar is not null,
        CookieContainer = jar ?? new CookieContainer(),
        SslOptions = { RemoteCertificateValidationCallback = (_, presented, _, _) => certificate.Equals(presented) },
    };

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    private ClientWebSocket Socket() => new()
    {
        Options = { HttpVersion = HttpVersion.Version20, HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact, CollectHttpResponseDetails = true },
    };

    private Task ConnectAsync(ClientWebSocket socket) =>
        socket.ConnectAsync(new UriBuilder(host.At("/socket")) { Scheme = "wss" }.Uri, new HttpMessageInvoker(connection, disposeHandler: false), default);
}
