using System.Text;
using Holdfast.Gateway.Forwarding;
using Holdfast.Gateway.Hosting;
using Holdfast.Gateway.Instances;
using Holdfast.Gateway.Routing;
using Holdfast.Gateway.Sockets;
using Holdfast.Gateway.Telemetry;
using Holdfast.Gateway.Upgrades;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Console;

namespace Holdfast.Gateway;

/// <summary>
/// A gateway that listens: it follows the instance registry, gives requests to instances in turn, and repeats those
/// whose instance died. It keeps nothing that another gateway would miss.
/// </summary>
public sealed class GatewayHost : IAsyncDisposable
{
    private readonly WebApplication app;

    private GatewayHost(WebApplication app)
    {
        this.app = app;
        string[] addresses = [.. app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses];
        Address = new Uri(addresses[0]);
        TlsAddress = addresses.Length > 1 ? new Uri(addresses[1]) : null;
        AdminAddress = app.Services.GetRequiredService<AdminServer>().Address;
        RegistryRead = app.Services.GetRequiredService<Fleet>().Known;
    }

    /// <summary>Where it listens, such as <c>http://127.0.0.1:8080/</c>.</summary>
    public Uri Address { get; }

    /// <summary>Where it listens for HTTPS; null when it doesn't.</summary>
    public Uri? TlsAddress { get; }

    /// <summary>Where operators ask it; null when they can't.</summary>
    public Uri? AdminAddress { get; }

    /// <summary>Completes when the gateway has read the registry: where it listens before, requests wait for that, up to <see cref="GatewayLimits.MaxWait"/>.</summary>
    public Task RegistryRead { get; }

    /// <summary>
    /// Reads the registry, and listens once that is done or has taken <see cref="GatewayLimits.MaxWait"/>. Requests that can't wait any longer for the registry to be read get 503. Warnings and errors go to standard error, one line each.
    /// </summary>
    /// <exception cref="IOException">The port is taken by something that does not share it.</exception>
    /// <exception cref="Exception">Whatever <see cref="GatewayOptions.OpenStore"/> threw that is no <see cref="StateException"/>.</exception>
    public static async Task<GatewayHost> StartAsync(GatewayOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        var app = Build(options);
        try
        {
            app.Services.GetRequiredService<ListenSockets>().Hold(options.Places);
            await app.StartAsync(cancellationToken);
            return new GatewayHost(app);
        }
        catch
        {
            await using (app)
            {
                await FailureOfFeedAsync(app);
                throw;
            }
        }
    }

    /// <summary>
    /// Returns once the process was told to end (SIGTERM, SIGINT) and the gateway has drained: no connection is taken
    /// any more, requests in flight had <see cref="GatewayOptions.DrainTimeout"/> to finish.
    /// </summary>
    /// <exception cref="Exception">
    /// <see cref="GatewayOptions.OpenStore"/> threw something that is no <see cref="StateException"/>; the gateway has
    /// ended of it.
    /// </exception>
    public async Task WaitForShutdownAsync(CancellationToken cancellationToken = default)
    {
        await app.WaitForShutdownAsync(cancellationToken);
        await FailureOfFeedAsync(app);
    }

    /// <summary>Drains and ends the gateway.</summary>
    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    /// <summary>Throws what the feed ended of, if it did: the host itself only stops, or calls its start cancelled.</summary>
    private static Task FailureOfFeedAsync(WebApplication app) =>
        app.Services.GetServices<IHostedService>().OfType<RegistryFeed>().Single().ExecuteTask is { IsFaulted: true } failed
            ? failed
            : Task.CompletedTask;

    private static WebApplication Build(GatewayOptions options)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging
            .SetMinimumLevel(LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)

            // It would have the server make an activity and a scope for each request, which nobody reads.
            .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None)
            .AddSimpleConsole(static console => console.SingleLine = true)
            .Services.AddSingleton<IExternalScopeProvider, NoScopes>().Configure<ConsoleLoggerOptions>(static console =>
            {
                console.LogToStandardErrorThreshold = LogLevel.Trace;

                // Whoever reads no more would otherwise have requests wait for it.
                console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
            });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, options));
        builder.Services.AddSingleton<FleetMeter>().AddSingleton<Journal>().AddSingleton<Drain>().AddSingleton<AdminServer>()
            .AddHostedService(static services => services.GetRequiredService<AdminServer>())
            .AddHostedService<OtlpExport>();
        builder.Services
            .AddSingleton<ListenSockets>()
            .AddSingleton<RestingClients>()
            .AddSingleton<ClientConnections>()
            .AddSingleton<SocketLoops>()
            .AddSingleton<IConnectionListenerFactory, ClientTransport>()
            .AddOptions<SocketTransportOptions>().Configure<ListenSockets>(static (sockets, listening) =>
            {
                sockets.CreateBoundListenSocket = listening.Bind;

                // Nothing here blocks a thread, so whoever hears of a byte goes on with it: a way over the pool's queue costs more than the work.
                sockets.UnsafePreferInlineScheduling = true;
            })
            .Services
            .Configure<HostOptions>(host => host.ShutdownTimeout = options.DrainTimeout)
            .AddMetrics()
            .AddSingleton(options)
            .AddSingleton(options.Clock)
            .AddSingleton<GatewayMetrics>()
            .AddSingleton<EqualWarnings>()
            .AddSingleton<UpstreamClients>()
            .AddSingleton<Fleet>()
            .AddSingleton<UpgradeRelay>()
            .AddSingleton<Exchange>()
            .AddSingleton<RequestHandler>()
            .AddHostedService<RegistryFeed>()
            .AddHostedService(static services => services.GetRequiredService<Drain>());

        var app = builder.Build();
        app.Services.GetRequiredService<FleetMeter>();
        app.Run(app.Services.GetRequiredService<RequestHandler>().HandleAsync);
        return app;
    }

    private static void Configure(KestrelServerOptions kestrel, GatewayOptions options)
    {
        kestrel.AddServerHeader = false;
        // How large a body may be is for the instance to say; the gateway holds no more than GatewayLimits.MaxReplayBytes of it.
        kestrel.Limits.MaxRequestBodySize = null;

        // Values beyond ASCII, in whatever encoding, pass as the bytes that they are.
        kestrel.RequestHeaderEncodingSelector = static name => StrictLength.For(name) ?? Encoding.Latin1;
        kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
        var clients = kestrel.ApplicationServices.GetRequiredService<ClientConnections>();
        kestrel.Listen(options.Places[0], listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            clients.Know(listen, mayRest: true);
        });
        if (options.Tls is not { } tls)
        {
            return;
        }

        var certificate = new ServingCertificate(tls, options.Clock, kestrel.ApplicationServices.GetRequiredService<ILogger<ServingCertificate>>());
        kestrel.ApplicationServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopped.Register(certificate.Dispose);
        kestrel.Listen(options.Places[1], listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            clients.Know(listen, mayRest: false);
            listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(certificate.Current) });
        });
    }
}
