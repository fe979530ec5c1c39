using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Holdfast.AspNetCore.Tests;

/// <summary>An application on Kestrel, on a free loopback port, over an engine that the test owns.</summary>
internal sealed class WebHost : IAsyncDisposable
{
    private readonly WebApplication app;

    private WebHost(WebApplication app)
    {
        this.app = app;
        Url = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    public Uri Url { get; }

    public IServiceProvider Services => app.Services;

    public static Task<WebHost> StartAsync(
        StateEngine? engine,
        Action<WebApplication> map,
        Action<HoldfastOptions>? configure = null,
        Action<WebApplicationBuilder>? build = null,
        string? contentRoot = null,
        string environment = "Production") => StartBareAsync(
            builder =>
            {
                if (engine is not null)
                {
                    builder.Services.AddSingleton(engine);
                }

                builder.AddHoldfast(configure);
                build?.Invoke(builder);
            },
            map,
            contentRoot,
            environment);

    /// <summary>An application with those parts of Holdfast that it adds itself.</summary>
    public static async Task<WebHost> StartBareAsync(
        Action<WebApplicationBuilder> build, Action<WebApplication> map, string? contentRoot = null, string environment = "Production")
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = environment, ContentRootPath = contentRoot });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        build(builder);
        var app = builder.Build();
        map(app);
        await app.StartAsync();
        return new WebHost(app);
    }

    /// <summary>A client that keeps cookies as a browser does: by host, whatever the port.</summary>
    public static HttpClient Browser(CookieContainer? jar = null) =>
        new(new SocketsHttpHandler { CookieContainer = jar ?? new CookieContainer(), AllowAutoRedirect = false });

    /// <summary>A client that keeps no cookies.</summary>
    public static HttpClient Plain() => new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false });

    public Uri At(string path) => new(Url, path);

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }
}
