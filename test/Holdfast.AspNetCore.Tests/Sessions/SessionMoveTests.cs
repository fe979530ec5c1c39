using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.AspNetCore.Tests.Sessions;

/// <summary>Clients that come with a session of ASP.NET Core's own middleware, which ran beforehand.</summary>
public sealed class SessionMoveTests : IAsyncLifetime
{
    private readonly IDistributedCache cache = new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions()));
    private readonly DirectoryInfo ring = Directory.CreateTempSubdirectory("holdfast-aspnet-");
    private readonly CookieContainer jar = new();
    private HttpClient browser = null!;
    private CountingEngine engine = null!;
    private WebHost host = null!;

    public async ValueTask InitializeAsync()
    {
        browser = WebHost.Browser(jar);
        engine = await Engines.OpenAsync();
        await VisitStockApplicationAsync();
        host = await WebHost.StartAsync(engine, SessionTests.Map, build: builder =>
        {
            builder.Services.AddSingleton(cache);
            builder.Services.AddHoldfastSessionMove();

            // The keys stay where the stock application has them.
            builder.Services.AddDataProtection().SetApplicationName("moved").PersistKeysToFileSystem(ring);
        });
    }

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await host.DisposeAsync();
        await engine.DisposeAsync();
        ring.Delete(recursive: true);
    }

    [Fact]
    public async Task What_the_stock_session_holds_is_in_Holdfasts_from_the_first_request_on()
    {
        var before = jar.GetCookieHeader(host.Url);
        Assert.Equal("name,town", await browser.GetStringAsync(host.At("/keys")));
        Assert.Equal("Ada", await browser.GetStringAsync(host.At("/get/name")));
        var id = await browser.GetStringAsync(host.At("/id"));
        Assert.Equal("London", (await engine.ReadAsync(new Address("session", id))).Record!.Text("town"));

        // It moves once: neither the client nor who kept its cookie has it twice.
        Assert.DoesNotContain(".AspNetCore.Session", jar.GetCookieHeader(host.Url), StringComparison.Ordinal);
        Assert.Equal("", await KeysAsync(before));
    }

    [Fact]
    public async Task Who_signs_out_first_of_all_does_not_find_the_stock_session_again()
    {
        var before = jar.GetCookieHeader(host.Url);
        await browser.GetStringAsync(host.At("/end"));
        Assert.Equal("", await KeysAsync(before));
    }

    [Theory]
    [InlineData("")]
    [InlineData("planted")]
    [InlineData("AAAAAAAAAAAAAAAA")]
    public async Task A_cookie_that_is_no_stock_session_makes_none(string value)
    {
        engine.Count();
        Assert.Equal("", await KeysAsync(".AspNetCore.Session=" + value));
        Assert.Equal((0, 0), engine.Count());
    }

    private async Task<string> KeysAsync(string cookies)
    {
        using var plain = WebHost.Plain();
        using var request = new HttpRequestMessage(HttpMethod.Get, host.At("/keys")) { Headers = { { "Cookie", cookies } } };
        using var response = await plain.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }

    private async Task VisitStockApplicationAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(cache);
        builder.Services.AddSession();
        builder.Services.AddDataProtection().SetApplicationName("moved").PersistKeysToFileSystem(ring);
        await using var app = builder.Build();
        app.UseSession();
        app.MapGet("/", (HttpContext context) =>
        {
            context.Session.SetString("name", "Ada");
            context.Session.SetString("town", "London");
        });
        await app.StartAsync();
        var url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        using var response = await browser.GetAsync(new Uri(url));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}
