using System.Net;
using System.Security.Claims;
using System.Xml.Linq;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.AspNetCore.Tests.Tickets;

/// <summary>The recipes of the pages on signing in and on the ring: whoever signed in before the change stays so, and the keys move to the store.</summary>
public sealed class SignInMoveTests : IAsyncLifetime
{
    private const string Before = CookieAuthenticationDefaults.AuthenticationScheme;
    private const string After = "tickets";

    private readonly DirectoryInfo files = Directory.CreateTempSubdirectory("holdfast-ring-");
    private readonly CookieContainer jar = new();
    private HttpClient browser = null!;
    private CountingEngine engine = null!;

    public async ValueTask InitializeAsync()
    {
        browser = WebHost.Browser(jar);
        engine = await Engines.OpenAsync();
        await using var stock = await WebHost.StartBareAsync(
            builder =>
            {
                builder.Services.AddDataProtection().SetApplicationName("moved").PersistKeysToFileSystem(files);
                builder.Services.AddAuthentication(Before).AddCookie(Before);
            },
            static app => app.MapGet("/sign-in", static (HttpContext context) => context.SignInAsync(
                Before, new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "ada")], Before)), new AuthenticationProperties { IsPersistent = true })));
        await browser.GetStringAsync(stock.At("/sign-in"));
    }

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await engine.DisposeAsync();
        files.Delete(recursive: true);
    }

    [Fact]
    public async Task Who_signed_in_before_the_change_is_signed_in_by_a_ticket_from_the_first_request_on()
    {
        await MoveRingAsync();
        await using var one = await StartAsync();
        await using var other = await StartAsync();
        Assert.Equal("ada", await browser.GetStringAsync(one.At("/me")));
        Assert.DoesNotContain(jar.GetAllCookies(), static cookie => cookie.Name == $".AspNetCore.{Before}");
        Assert.True(jar.GetAllCookies()[$".AspNetCore.{After}"]!.Expires > DateTime.MinValue);
        Assert.Equal("ada", await browser.GetStringAsync(other.At("/me")));
        var listed = Assert.Single(await one.Services.GetRequiredService<SessionDirectory>().ListAsync("ada"));
        Assert.Equal(After, listed.Scheme);
        Assert.Equal(1, await one.Services.GetRequiredService<SessionDirectory>().EndAllAsync("ada"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync(other.At("/me"))).StatusCode);
    }

    [Fact]
    public async Task Without_the_ring_the_old_cookie_is_none()
    {
        await using var host = await StartAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync(host.At("/me"))).StatusCode);
    }

    private async Task MoveRingAsync()
    {
        var old = new FileSystemXmlRepository(files, NullLoggerFactory.Instance);
        var ring = RecordChange.Update(new Address("keyring", "default"));
        foreach (var element in old.GetAllElements())
        {
            var name = (string?)element.Attribute("id") ?? (string?)element.Element("revocationDate");
            ring.Set($"{element.Name.LocalName}-{name}", element.ToString(SaveOptions.DisableFormatting));
        }

        Assert.True((await engine.CommitAsync(new Commit(ring))).IsCommitted);
    }

    private Task<WebHost> StartAsync() => WebHost.StartAsync(
        engine,
        static app =>
        {
            app.UseHoldfast();
            app.UseAuthentication();
            app.Use(static async (context, next) =>
            {
                if (context.User.Identity?.IsAuthenticated != true && await context.AuthenticateAsync(Before) is { Principal: { } user } old)
                {
                    await context.SignInAsync(After, user, new AuthenticationProperties { IsPersistent = old.Properties?.IsPersistent == true });
                    await context.SignOutAsync(Before);
                    context.User = user;
                }

                await next(context);
            });
            app.MapGet("/me", static (HttpContext context) =>
                context.User.Identity is { IsAuthenticated: true, Name: { } name } ? Results.Text(name) : Results.Unauthorized());
        },
        build: static builder =>
        {
            builder.Services.AddDataProtection().SetApplicationName("moved");
            builder.Services.AddHoldfastTickets(After);
            builder.Services.AddAuthentication(After).AddCookie(After).AddCookie(Before);
        });
}
