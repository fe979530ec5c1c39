using System.Net;
using Holdfast.Gateway.Routing;
using Holdfast.Gateway.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace Holdfast.Gateway.Hosting;

/// <summary>
/// What operators ask, on a loopback port of its own, where no client comes: <c>/metrics</c> for Prometheus, <c>/livez</c> as long
/// as the process answers, and <c>/readyz</c> while it knows its services and does not drain. It listens until the gateway has drained.
/// </summary>
internal sealed class AdminServer(
    GatewayOptions options, Fleet fleet, GatewayMetrics metrics, ClientConnections clients, IHostApplicationLifetime lifetime) : IHostedService, IAsyncDisposable
{
    private WebApplication? app;

    /// <summary>Where it listens; null when it doesn't.</summary>
    public Uri? Address { get; private set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.AdminPort is not { } port)
        {
            return;
        }

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port);
        });
        app = builder.Build();
        app.Run(AnswerAsync);
        await app.StartAsync(cancellationToken);
        Address = new Uri(app.Urls.Single());
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => app?.DisposeAsync() ?? ValueTask.CompletedTask;

    private Task AnswerAsync(HttpContext context)
    {
        var isReady = fleet.Known.IsCompleted && lifetime.ApplicationStarted.IsCancellationRequested && !lifetime.ApplicationStopping.IsCancellationRequested;
        var (status, type, text) = context.Request.Path.Value switch
        {
            "/metrics" => (StatusCodes.Status200OK, PrometheusText.ContentType, PrometheusText.Of(fleet, metrics, clients)),
            "/livez" => (StatusCodes.Status200OK, "text/plain", "alive\n"),
            "/readyz" when isReady => (StatusCodes.Status200OK, "text/plain", "ready\n"),
            "/readyz" => (StatusCodes.Status503ServiceUnavailable, "text/plain", "not ready\n"),
            _ => (StatusCodes.Status404NotFound, "text/plain", "There are /metrics, /livez and /readyz.\n"),
        };
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        return context.Response.WriteAsync(text, context.RequestAborted);
    }
}
