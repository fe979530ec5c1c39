using System.Net;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.AspNetCore.Tests.Idempotency;

/// <summary>A form that somebody reads ahead of the endpoint is a part of the request, or the request fails.</summary>
public sealed class FormReadTests : IAsyncLifetime
{
    private CountingEngine engine = null!;

    public async ValueTask InitializeAsync() => engine = await Engines.OpenAsync();

    public ValueTask DisposeAsync() => engine.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_that_was_read_from_a_body_that_can_not_be_read_again_is_a_part_of_the_request(bool isRoutedAfter)
    {
        await using var host = await WebHost.StartAsync(
            engine,
            app =>
            {
                app.UseHoldfast();
                if (isRoutedAfter)
                {
                    app.UseRouting();
                }

                app.UseRequestDecompression();
                app.UseAntiforgery();
                app.MapGet("/token", static (HttpContext context, IAntiforgery antiforgery) => antiforgery.GetAndStoreTokens(context).RequestToken);
                app.MapPost("/", static ([FromForm] string sku) => sku).WithIdempotency();
            },
            build: static builder => builder.Services.AddRequestDecompression(static _ => { }).AddAntiforgery());
        using var browser = WebHost.Browser();
        var token = await browser.GetStringAsync(host.At("/token"));
        Assert.Equal("1", await SendAsync(browser, host, token, "1").TextAsync());
        Assert.Equal("1", await SendAsync(browser, host, token, "1").TextAsync());
        await SendAsync(browser, host, token, "2").RemedyAsync(HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task One_that_was_read_before_anybody_could_keep_the_body_is_refused()
    {
        await using var host = await WebHost.StartAsync(engine, static app =>
        {
            app.Use(static async (context, next) =>
            {
                await context.Request.ReadFormAsync();
                await next(context);
            });
            app.UseHoldfast();
            app.MapPost("/", static () => "never").WithIdempotency();
        });
        using var client = WebHost.Plain();
        await SendAsync(client, host, "", "1").TextAsync(HttpStatusCode.InternalServerError);
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, WebHost host, string token, string sku)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, host.Url) { Headers = { { "Idempotency-Key", "\"k\"" } } };
        request.Content = new ByteArrayContent(await CompressedAsync(token, sku)) { Headers = { { "Content-Encoding", "gzip" }, { "Content-Type", "application/x-www-form-urlencoded" } } };
        return await client.SendAsync(request);
    }

    private static async Task<byte[]> CompressedAsync(string token, string sku)
    {
        using var form = new FormUrlEncodedContent([new("__RequestVerificationToken", token), new("sku", sku)]);
        using var compressed = new MemoryStream();
        await using (var gzip = new System.IO.Compression.GZipStream(compressed, System.IO.Compression.CompressionLevel.Fastest))
        {
            await form.CopyToAsync(gzip);
        }

        return compressed.ToArray();
    }
}
