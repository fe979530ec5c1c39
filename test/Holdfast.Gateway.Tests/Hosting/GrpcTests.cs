using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Holdfast.Gateway.Tests.Hosting;

/// <summary>gRPC as it is on the wire: HTTP/2, messages in both directions at once, and the status in trailers.</summary>
public sealed class GrpcTests
{
    [Fact]
    public async Task Messages_pass_in_both_directions_and_the_status_comes_in_trailers()
    {
        await using var instance = await StartEchoAsync();
        await using var rig = await Rig.StartAsync(instances: 0, Tls.Serve);
        await rig.RegisterAsync("shop-1", new Uri(instance.Urls.Single()));
        using var client = Tls.Client(rig);
        var messages = new Messages();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/shop.Orders/Watch")
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = messages, Headers = { { "TE", "trailers" } },
        };

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.True(response.IsSuccessStatusCode, $"{response}");
        await using var answers = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[6];
        for (byte number = 1; number <= 3; number++)
        {
            // Each is answered before the next is sent: nothing waits for the end of the request.
            await messages.SendAsync([0, 0, 0, 0, 1, number]);
            await answers.ReadExactlyAsync(buffer);
            Assert.Equal(number, buffer[5]);
        }

        messages.Complete();
        Assert.Equal(0, await answers.ReadAsync(buffer));
        Assert.Equal("0", response.TrailingHeaders.GetValues("grpc-status").Single());
        Assert.Equal("trailers", response.Headers.GetValues("X-Te").Single());
    }

    [Fact]
    public async Task A_stream_may_rest_in_both_directions_for_longer_than_a_slow_body_may_take()
    {
        await using var instance = await StartEchoAsync();
        await using var rig = await Rig.StartAsync(instances: 0, Tls.Serve);
        await rig.RegisterAsync("shop-1", new Uri(instance.Urls.Single()));
        using var client = Tls.Client(rig);
        var messages = new Messages();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/shop.Orders/Watch")
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = messages,
        };

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var answers = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[6];
        await messages.SendAsync([0, 0, 0, 0, 1, 1]);
        await answers.ReadExactlyAsync(buffer);

        // The rest is what is tested: the server bears a body without a byte for five seconds, and looks once a second.
        await Task.Delay(new KestrelServerLimits().MinRequestBodyDataRate!.GracePeriod + TimeSpan.FromSeconds(2));

        await messages.SendAsync([0, 0, 0, 0, 1, 2]);
        await answers.ReadExactlyAsync(buffer);
        Assert.Equal(2, buffer[5]);
        messages.Complete();
        Assert.Equal(0, await answers.ReadAsync(buffer));
    }

    [Fact]
    public async Task A_stream_that_is_refused_within_its_body_does_not_go_on_without_its_beginning()
    {
        using var instance = new RefusingServer();
        await using var rig = await Rig.StartAsync(instances: 0, Tls.Serve);
        await rig.RegisterAsync("shop-1", instance.Url);
        using var client = Tls.Client(rig);
        var messages = new Messages();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/shop.Orders/Watch")
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = messages,
        };

        var answering = client.SendAsync(request);
        await messages.SendAsync([0, 0, 0, 0, 1, 1]);
        await instance.HasRefused.WaitAsync(TimeSpan.FromSeconds(60));
        try
        {
            await messages.SendAsync([0, 0, 0, 0, 1, 2]);
        }
        catch (Exception fault) when (fault is IOException or HttpRequestException or OperationCanceledException)
        {
            // It has been answered already.
        }

        messages.Complete();
        using var response = await answering;
        Assert.Equal((HttpStatusCode.BadGateway, 0), (response.StatusCode, instance.LaterBytes));
    }

    /// <summary>A server of HTTP/2 without TLS, that sends back what it gets.</summary>
    private static async Task<WebApplication> StartEchoAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel =>
        {
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2);
        });
        var app = builder.Build();
        app.Run(static async context =>
        {
            if (context.Request.Path == Rig.Shop.HealthPath)
            {
                return;
            }

            context.Response.ContentType = context.Request.ContentType;
            context.Response.Headers["X-Te"] = context.Request.Headers.TE;
            context.Response.DeclareTrailer("grpc-status");
            await context.Response.Body.FlushAsync();
            var buffer = new byte[1024];
            while (await context.Request.Body.ReadAsync(buffer) is var read and > 0)
            {
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, read));
                await context.Response.Body.FlushAsync();
            }

            context.Response.AppendTrailer("grpc-status", "0");
        });
        await app.StartAsync();
        return app;
    }

    /// <summary>A body that is sent piece by piece.</summary>
    private sealed class Messages : HttpContent
    {
        private readonly TaskCompletionSource<Stream> stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource complete = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Messages() => Headers.ContentType = new("application/grpc");

        public async Task SendAsync(byte[] message)
        {
            var target = await stream.Task;
            await target.WriteAsync(message);
            await target.FlushAsync();
        }

        public void Complete() => complete.SetResult();

        protected override async Task SerializeToStreamAsync(Stream target, TransportContext? context)
        {
            await target.FlushAsync();
            stream.SetResult(target);
            await complete.Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
