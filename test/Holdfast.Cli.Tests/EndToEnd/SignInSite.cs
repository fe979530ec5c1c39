using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Holdfast.Cli.Tests.EndToEnd;

/// <summary>An application that signs users in, on some store.</summary>
internal sealed class SignInSite : IAsyncDisposable
{
    private readonly WebApplication app;

    private SignInSite(WebApplication app) => this.app = app;

    public static async Task<SignInSite> StartAsync(string state)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.AddHoldfast(options => options.State = state);
        var app = builder.Build();
        app.UseHoldfast();
        app.MapGet("/sign-in", async (string user, HttpContext context) =>
        {
            await context.GetState().SignInAsync(user);
        });
        app.MapGet("/me", (HttpContext context) => context.GetState().UserId is null ? Results.Unauthorized() : Results.Text(context.GetState().SignInId));
        await app.StartAsync();
        return new SignInSite(app);
    }

    /// <summary>A browser in which the user has signed in.</summary>
    public async Task<HttpClient> SignInAsync(string user)
    {
        var browser = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        browser.DefaultRequestHeaders.UserAgent.ParseAdd("curl/8.5.0");
        await browser.GetStringAsync($"/sign-in?user={Uri.EscapeDataString(user)}");
        return browser;
    }

    public static async Task<bool> IsSignedInAsync(HttpClient browser) => (await browser.GetAsync("/me")).StatusCode == HttpStatusCode.OK;

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }
}
