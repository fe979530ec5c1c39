using System.IO.Compression;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.AspNetCore.Tests.Idempotency;

/// <summary>A body that somebody wraps between Holdfast and the endpoint is a part of the request all the same.</summary>
public sealed class WrappedBodyTests : IAsyncLifetime
{
    private const int MaxRequestBytes = 100_000;

    private CountingEngine engine = null!;
    private WebHost host = null!;
    private int runs;

    public async ValueTask InitializeAsync()
    {
        engine = await Engines.OpenAsync();
        host = await WebHost.StartAsync(
            engine,
            app =>
            {
                app.UseHoldfast();
                app.UseRequestDecompression();
                app.MapPost("/", async (HttpContext context) =>
                {
                    runs++;
                    using var reader = new StreamReader(context.Request.Body);
                    var text = await reader.ReadToEndAsync();
                    return $"{text.Length} {text[..Math.Min(text.Length, 9)]}";
                }).WithIdempotency(static options => options with { MaxRequestBytes = MaxRequestBytes });
            },
            build: static builder => builder.Services.AddRequestDecompression(static _ => { }));
    }

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        await engine.DisposeAsync();
    }

    [Fact]
    public async Task Another_body_under_the_same_key_is_refused_with_422()
    {
        Assert.Equal("3 one", await SendAsync("one").TextAsync());
        Assert.Equal("3 one", await SendAsync("one").TextAsync());
        await SendAsync("two").RemedyAsync(HttpStatusCode.UnprocessableEntity);
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task The_limit_is_of_what_the_endpoint_reads()
    {
        await SendAsync(new string('x', MaxRequestBytes + 1)).RemedyAsync(HttpStatusCode.RequestEntityTooLarge);
        Assert.Equal(0, runs);
        Assert.Equal($"{MaxRequestBytes} xxxxxxxxx", await SendAsync(new string('x', MaxRequestBytes)).TextAsync());
    }

    private async Task<HttpResponseMessage> SendAsync(string text)
    {
        using var compressed = new MemoryStream();
        await using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(text));
        }

        using var client = WebHost.Plain();
        using var request = new HttpRequestMessage(HttpMethod.Post, host.Url) { Headers = { { "Idempotency-Key", "\"k\"" } } };
        request.Content = new ByteArrayContent(compressed.ToArray()) { Headers = { { "Content-Encoding", "gzip" } } };
        return await client.SendAsync(request);
    }
}
