using System.Buffers;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace Holdfast.AspNetCore.Tests.Idempotency;

/// <summary>What of a response is held back, stored and repeated, and what is refused.</summary>
public sealed class StoredResponseTests
{
    public static TheoryData<string> WaysToSend => ["flush", "pipe", "start", "file", "complete", "unbuffered", "pieces", "sync"];

    [Theory]
    [MemberData(nameof(WaysToSend))]
    public async Task However_the_handler_sends_the_response_waits_for_the_commit_and_is_stored(string way)
    {
        KeyedApp? app = null;
        await using var started = app = await KeyedApp.StartAsync(async context =>
        {
            context.GetState().Enlist(RecordChange.Update(new Address("order", "ada", "1")).Add("n", 1));
            await SendAsync(context, way);
            Assert.Single(app!.Commits);
            Assert.False(context.Response.HasStarted);
        });
        using var first = await app.Client("ada").PostAsync("/", "k");
        var body = await first.Content.ReadAsStringAsync();
        Assert.Equal((HttpStatusCode.Accepted, "one two three"), (first.StatusCode, body));
        Assert.Equal(2, app.Commits.Count);
        using var again = await app.Client("ada").PostAsync("/", "k");
        Assert.Equal((HttpStatusCode.Accepted, body), (again.StatusCode, await again.Content.ReadAsStringAsync()));
        Assert.Equal("text/html", again.Content.Headers.ContentType?.MediaType);
        Assert.Equal(13, again.Content.Headers.ContentLength);
        Assert.Equal(1, app.Runs);
    }

    [Theory]
    [InlineData(100, HttpStatusCode.OK)]
    [InlineData(101, HttpStatusCode.InternalServerError)]
    public async Task A_response_beyond_the_limit_is_refused_clearly_and_nothing_is_committed(int length, HttpStatusCode status)
    {
        await using var app = await KeyedApp.StartAsync(
            async context =>
            {
                context.GetState().Enlist(RecordChange.Update(new Address("order", "ada", "1")).Add("n", 1));
                await context.Response.Body.WriteAsync(new byte[length - 1]);
                await context.Response.Body.WriteAsync(new byte[1]);
            },
            static options => options with { MaxResponseBytes = 100 });
        var text = await app.Client("ada").PostAsync("/", "k").TextAsync(status);
        Assert.Equal(status == HttpStatusCode.OK, (await app.Engine.ReadAsync(new Address("order", "ada", "1"))).Record is not null);
        if (status != HttpStatusCode.OK)
        {
            Assert.Contains("IdempotencyOptions.MaxResponseBytes", text, StringComparison.Ordinal);
            Assert.Contains("100 bytes", text, StringComparison.Ordinal);
            Assert.Empty(await app.KeysAsync());
        }
    }

    [Theory]
    [MemberData(nameof(WaysToSend))]
    public async Task However_the_handler_sends_what_is_too_long_it_is_refused(string way)
    {
        await using var app = await KeyedApp.StartAsync(
            async context =>
            {
                context.GetState().Enlist(RecordChange.Update(new Address("order", "ada", "1")).Add("n", 1));
                try
                {
                    await SendAsync(context, way);
                }
                catch (Exception)
                {
                    // A handler that goes on regardless changes nothing any more.
                    await context.Response.WriteAsync("all is well");
                }
            },
            static options => options with { MaxResponseBytes = 5 });
        Assert.Contains("MaxResponseBytes", await app.Client("ada").PostAsync("/", "k").TextAsync(HttpStatusCode.InternalServerError), StringComparison.Ordinal);
        Assert.Null((await app.Engine.ReadAsync(new Address("order", "ada", "1"))).Record);
    }

    [Fact]
    public async Task Headers_count_as_a_part_of_the_response()
    {
        await using var app = await KeyedApp.StartAsync(
            static context =>
            {
                context.Response.Headers["X-Long"] = new string('x', 100);
                return Task.CompletedTask;
            },
            static options => options with { MaxResponseBytes = 100 });
        Assert.Contains("MaxResponseBytes", await app.Client().PostAsync("/", "k").TextAsync(HttpStatusCode.InternalServerError), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upgrade_is_refused_clearly()
    {
        await using var app = await KeyedApp.StartAsync(async context =>
        {
            context.GetState().Enlist(RecordChange.Update(new Address("order", "ada", "1")).Add("n", 1));
            await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
        });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Headers = { { "Idempotency-Key", "\"k\"" }, { "Connection", "Upgrade" }, { "Upgrade", "echo" } } };
        Assert.Contains("no response that could be stored", await app.Client("ada").SendAsync(request).TextAsync(HttpStatusCode.InternalServerError), StringComparison.Ordinal);
        Assert.Null((await app.Engine.ReadAsync(new Address("order", "ada", "1"))).Record);
    }

    [Fact]
    public async Task Of_one_connection_or_moment_nothing_is_stored()
    {
        await using var app = await KeyedApp.StartAsync(static context =>
        {
            var headers = context.Response.Headers;
            (headers.Connection, headers.KeepAlive, headers.Date, headers.Server) = ("close", "timeout=5", "Thu, 01 Jan 1970 00:00:00 GMT", "mine");
            headers.Trailer = "X-Sum";
            headers.AltSvc = "h3=\":443\"";
            headers["X-Kept"] = "kept";
            return context.Response.WriteAsync("done");
        });
        await app.Client().PostAsync("/", "k").TextAsync();
        using var again = await app.Client().PostAsync("/", "k");
        Assert.Equal("kept", again.Headers.GetValues("X-Kept").Single());
        Assert.Equal("X-Kept: kept\n", Assert.Single(await app.KeysAsync()).Text("headers"));
        Assert.NotEqual(1970, again.Headers.Date?.Year);
    }

    [Theory]
    [InlineData(40_000, HttpStatusCode.OK)]
    [InlineData(40_001, HttpStatusCode.RequestEntityTooLarge)]
    public async Task The_whole_body_is_read_for_the_fingerprint_and_again_by_the_handler_up_to_the_limit(int length, HttpStatusCode status)
    {
        await using var app = await KeyedApp.StartAsync(
            static async context =>
            {
                using var reader = new StreamReader(context.Request.Body);
                var text = await reader.ReadToEndAsync();
                await context.Response.WriteAsync($"{text.Length} {text[^1]}");
            },
            static options => options with { MaxRequestBytes = 40_000 });
        foreach (var isChunked in (bool[])[false, true, false])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Headers = { { "Idempotency-Key", "\"k\"" } } };
            request.Content = new ByteArrayContent(Encoding.ASCII.GetBytes(new string('a', length - 1) + "z"));
            request.Headers.TransferEncodingChunked = isChunked;
            var text = await app.Client().SendAsync(request).TextAsync(status);
            Assert.Equal(status == HttpStatusCode.OK ? $"{length} z" : text, text);
        }

        Assert.Equal(status == HttpStatusCode.OK ? 1 : 0, app.Runs);
        await app.Client().PostAsync("/", "k", new string('a', 39_999) + "y").TextAsync(status == HttpStatusCode.OK ? HttpStatusCode.UnprocessableEntity : HttpStatusCode.OK);
    }

    private static async Task SendAsync(HttpContext context, string way)
    {
        var (response, body) = (context.Response, context.Features.GetRequiredFeature<IHttpResponseBodyFeature>());
        (response.StatusCode, response.ContentType) = (202, "text/html");
        var one = Encoding.ASCII.GetBytes("one ");
        switch (way)
        {
            case "flush":
                await response.Body.WriteAsync(one);
                await response.Body.FlushAsync();
                break;
            case "pipe":
                response.BodyWriter.Write(one);
                await response.BodyWriter.FlushAsync();
                break;
            case "start":
                await response.StartAsync();
                await response.Body.WriteAsync(one);
                break;
            case "unbuffered":
                body.DisableBuffering();
                await response.Body.WriteAsync(one);
                break;
            case "file":
                var path = Path.GetTempFileName();
                await File.WriteAllTextAsync(path, "-one two three-");
                await response.SendFileAsync(path, 1, 13);
                File.Delete(path);
                return;
            case "sync":
                context.Features.GetRequiredFeature<IHttpBodyControlFeature>().AllowSynchronousIO = true;
                response.Body.Write(one);
                response.Body.Flush();
                break;
            case "complete":
                await response.WriteAsync("one two three");
                await response.CompleteAsync();
                return;
            default:
                foreach (var letter in "one ")
                {
                    await response.WriteAsync($"{letter}");
                }

                break;
        }

        await response.WriteAsync("two three");
    }
}
