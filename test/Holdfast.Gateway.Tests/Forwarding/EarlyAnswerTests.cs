using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.Gateway.Tests.Forwarding;

/// <summary>Instances that answer an upload before they have read it: the client gets that answer, and whoever reads on gets the upload.</summary>
public sealed class EarlyAnswerTests
{
    /// <summary>More than the sockets on the way hold.</summary>
    private const int BodyBytes = 32 << 20;

    [Theory]
    [InlineData("POST", false, "Content-Length: 7\r\nConnection: close\r\n\r\nrefused")]
    [InlineData("POST", true, "Content-Length: 7\r\n\r\nrefused")]
    [InlineData("PUT", false, "Connection: close\r\n\r\nrefused")]
    [InlineData("PUT", true, "Transfer-Encoding: chunked\r\n\r\n7\r\nrefused\r\n0\r\n\r\n")]
    public async Task Of_an_instance_that_closes_the_connection_behind_it(string method, bool isChunked, string rest)
    {
        await using var rig = await Rig.StartAsync(instances: 0);
        await using var instance = await RawInstance.JoinAsync(rig, _ => Task.FromResult($"HTTP/1.1 413 Content Too Large\r\n{rest}"), Parting.Close);

        for (var i = 0; i < 3; i++)
        {
            using var response = await SendAsync(rig, method, "/", isChunked);
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
            Assert.Equal("refused", await response.Content.ReadAsStringAsync());
        }

        // The instance has seen each once: it was nobody's fault that the rest could not be sent.
        Assert.Equal(3, instance.Heads.Count);
    }

    /// <summary>Also on a connection that was used before, on which the HTTP client reads ahead.</summary>
    [Theory]
    [InlineData("POST", false, "Content-Length: 7\r\n\r\nrefused")]
    [InlineData("POST", true, "Content-Length: 7\r\n\r\nrefused")]
    [InlineData("PUT", false, "Transfer-Encoding: chunked\r\n\r\n7\r\nrefused\r\n0\r\n\r\n")]
    [InlineData("PUT", true, "Content-Length: 7\r\nConnection: close\r\n\r\nrefused")]
    public async Task Of_an_instance_that_neither_reads_the_rest_nor_ends_the_connection(string method, bool isChunked, string rest)
    {
        await using var rig = await Rig.StartAsync(instances: 0);
        await using var instance = await RawInstance.JoinAsync(
            rig,
            head => Task.FromResult(head.StartsWith("GET ", StringComparison.Ordinal) ? "HTTP/1.1 204 No Content\r\n\r\n" : $"HTTP/1.1 413 Content Too Large\r\n{rest}"),
            Parting.Rest);

        for (var i = 0; i < 4; i++)
        {
            if (i % 2 == 1)
            {
                (await rig.Client.GetAsync("/")).Dispose();
            }

            using var response = await SendAsync(rig, method, "/", isChunked);
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
            Assert.Equal("refused", await response.Content.ReadAsStringAsync());
        }

        Assert.Equal(6, instance.Heads.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_an_instance_that_has_begun_its_answer_and_reads_on(bool isChunked)
    {
        await using var rig = await Rig.StartAsync(instances: 0);
        await using var instance = await StartKestrelAsync();
        await rig.RegisterAsync("shop-1", new Uri(instance.Urls.Single()));

        for (var i = 0; i < 3; i++)
        {
            using var response = await SendAsync(rig, "POST", "/count", isChunked);
            Assert.Equal($"begun, {BodyBytes}", await response.Content.ReadAsStringAsync());
        }
    }

    /// <summary>It has taken the upload well, and may go on to take it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_an_instance_that_has_ended_its_answer_and_reads_on(bool isChunked)
    {
        await using var rig = await Rig.StartAsync(instances: 0);
        await using var instance = await RawInstance.JoinAsync(
            rig, _ => Task.FromResult("HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok"), Parting.Read);

        using var response = await SendAsync(rig, "POST", "/", isChunked);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal("ok", await response.Content.ReadAsStringAsync());
        await Eventually.HoldsAsync(() => Task.FromResult(instance.ReadBytes >= BodyBytes));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_an_instance_that_ends_its_answer_with_its_half_of_the_connection(bool isChunked)
    {
        await using var rig = await Rig.StartAsync(instances: 0);
        await using var instance = await RawInstance.JoinAsync(
            rig, _ => Task.FromResult("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n\r\nrefused"));

        using var response = await SendAsync(rig, "POST", "/", isChunked);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("refused", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("/unread", false, HttpStatusCode.Unauthorized)]
    [InlineData("/unread", true, HttpStatusCode.Unauthorized)]
    [InlineData("/large", false, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData("/large", true, HttpStatusCode.RequestEntityTooLarge)]
    public async Task Of_an_instance_on_Kestrel(string path, bool isChunked, HttpStatusCode expected)
    {
        await using var rig = await Rig.StartAsync(instances: 0);
        await using var instance = await StartKestrelAsync();
        await rig.RegisterAsync("shop-1", new Uri(instance.Urls.Single()));

        for (var i = 0; i < 3; i++)
        {
            using var response = await SendAsync(rig, "POST", path, isChunked);
            Assert.Equal(expected, response.StatusCode);
        }

        // Connections that were not broken are whole: what comes on them next is not taken for the rest of a body.
        using var next = await rig.Client.GetAsync("/");
        Assert.Equal("fine", await next.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task While_the_client_has_not_sent_its_body_yet()
    {
        await using var rig = await Rig.StartAsync(instances: 0);
        await using var instance = await RawInstance.JoinAsync(
            rig, _ => Task.FromResult("HTTP/1.1 401 Unauthorized\r\nContent-Length: 7\r\n\r\nrefused"), Parting.Close);
        Assert.Equal("HTTP/1.1 401 Unauthorized", await SendBitByBitAsync(rig, "Transfer-Encoding: chunked", "4\r\npart\r\n"));
        Assert.Single(instance.Heads);
    }

    [Theory]
    [InlineData(Parting.Rest, "Content-Length: 7\r\n\r\nrefused")]
    [InlineData(Parting.HalfClose, "Connection: close\r\n\r\nrefused")]
    [InlineData(Parting.Close, "Connection: close\r\n\r\nrefused")]
    public async Task While_the_client_rests_within_its_body(object parting, string rest)
    {
        await using var rig = await Rig.StartAsync(instances: 0);
        await using var instance = await RawInstance.JoinAsync(rig, _ => Task.FromResult($"HTTP/1.1 401 Unauthorized\r\n{rest}"), (Parting)parting);
        using var client = new TcpClient();
        await client.ConnectAsync(rig.Address.Host, rig.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync("POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 100\r\n\r\npart"u8.ToArray());

        // Nobody waits for the rest for long: the connection ends too.
        var answer = await ReadToEndAsync(stream);

        Assert.StartsWith("HTTP/1.1 401 Unauthorized\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("refused", answer, StringComparison.Ordinal);
        Assert.Single(instance.Heads);
    }

    /// <summary>Only the connection's end tells where such an answer does, and a reset tells that something is missing (RFC 9112, section 8).</summary>
    [Theory]
    [InlineData(false, 4)]
    [InlineData(true, 4)]
    [InlineData(false, BodyBytes)]
    [InlineData(true, BodyBytes)]
    public async Task Without_a_length_that_is_reset_is_passed_on_as_cut(bool isChunked, int sentBytes)
    {
        await using var rig = await Rig.StartAsync(instances: 0);
        await using var instance = await RawInstance.JoinAsync(
            rig, _ => Task.FromResult("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n\r\nrefu"), Parting.Cut);
        using var client = new TcpClient();
        await client.ConnectAsync(rig.Address.Host, rig.Address.Port);
        var stream = client.GetStream();
        var reading = ReadToEndAsync(stream);
        var framing = isChunked ? $"Transfer-Encoding: chunked\r\n\r\n{BodyBytes:x}\r\n" : $"Content-Length: {BodyBytes}\r\n\r\n";
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes($"POST / HTTP/1.1\r\nHost: shop\r\n{framing}"));
            await stream.WriteAsync(new byte[sentBytes]);
        }
        catch (IOException)
        {
            // It was answered, and the connection ended.
        }

        var answer = await reading;

        Assert.DoesNotContain("\r\n0\r\n", answer, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
        Assert.EndsWith("refu\r\n", answer, StringComparison.Ordinal);
        Assert.Single(instance.Heads);
    }

    /// <summary>A client may announce more than it or anybody else could ever send. What is not sent costs no time that grows with it.</summary>
    [Theory]
    [InlineData(16L << 30, "HTTP/1.1 401 Unauthorized")]
    [InlineData(long.MaxValue, "HTTP/1.1 502 Bad Gateway")]
    public async Task While_the_client_has_announced_far_more_than_it_has_sent(long announced, string expected)
    {
        await using var rig = await Rig.StartAsync(instances: 0);
        await using var instance = await RawInstance.JoinAsync(
            rig, _ => Task.FromResult("HTTP/1.1 401 Unauthorized\r\nContent-Length: 7\r\n\r\nrefused"), Parting.Close);

        Assert.Equal(expected, await SendBitByBitAsync(rig, $"Content-Length: {announced}", "part"));
    }

    /// <summary>Sends a POST whose body goes on until there is an answer, and returns its first line.</summary>
    private static async Task<string?> SendBitByBitAsync(Rig rig, string framing, string part)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(rig.Address.Host, rig.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes($"POST / HTTP/1.1\r\nHost: shop\r\n{framing}\r\n\r\n"));
        using var reader = new StreamReader(stream);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var answering = reader.ReadLineAsync(deadline.Token).AsTask();

        // Nothing tells but a part that can't be sent: it comes while the client is not at its end.
        while (!answering.IsCompleted)
        {
            try
            {
                await stream.WriteAsync(Encoding.Latin1.GetBytes(part), deadline.Token);
            }
            catch (IOException)
            {
                // It was answered, and the connection ended.
                break;
            }

            await Task.WhenAny(answering, Task.Delay(50));
        }

        return await answering;
    }

    /// <summary>What is read of a connection until it ends, or is reset.</summary>
    private static async Task<string> ReadToEndAsync(NetworkStream stream)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var read = new MemoryStream();
        try
        {
            await stream.CopyToAsync(read, deadline.Token);
        }
        catch (IOException)
        {
            // It was reset.
        }

        return Encoding.Latin1.GetString(read.ToArray());
    }

    private static async Task<long> CountAsync(HttpContext context)
    {
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        var buffer = new byte[64 << 10];
        long count = 0;
        while (await context.Request.Body.ReadAsync(buffer) is var read and > 0)
        {
            count += read;
        }

        return count;
    }

    private static async Task<HttpResponseMessage> SendAsync(Rig rig, string method, string path, bool isChunked)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new ByteArrayContent(new byte[BodyBytes]) };
        request.Headers.TransferEncodingChunked = isChunked;
        return await rig.Client.SendAsync(request);
    }

    private static async Task<WebApplication> StartKestrelAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel => kestrel.Limits.MaxRequestBodySize = 1000)
            .UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(static async context =>
        {
            switch (context.Request.Path.Value)
            {
                case "/unread":
                    (context.Response.StatusCode, context.Response.Headers.Connection) = (StatusCodes.Status401Unauthorized, "close");
                    break;
                case "/count":
                    await context.Response.WriteAsync("begun, ");
                    await context.Response.Body.FlushAsync();
                    await context.Response.WriteAsync($"{await CountAsync(context)}");
                    break;
                case "/large":
                    await context.Request.Body.CopyToAsync(Stream.Null);
                    break;
                default:
                    await context.Response.WriteAsync("fine");
                    break;
            }
        });
        await app.StartAsync();
        return app;
    }
}
