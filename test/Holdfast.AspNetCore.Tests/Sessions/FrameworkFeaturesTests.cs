using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.AspNetCore.Tests.Sessions;

/// <summary>What the framework builds on sessions and data protection, with each request on another instance.</summary>
public sealed class FrameworkFeaturesTests : IAsyncLifetime
{
    private readonly HttpClient browser = WebHost.Browser();
    private readonly List<WebHost> hosts = [];
    private CountingEngine engine = null!;
    private int turn;

    public async ValueTask InitializeAsync()
    {
        engine = await Engines.OpenAsync();
        for (var i = 0; i < 2; i++)
        {
            hosts.Add(await WebHost.StartAsync(engine, Map, build: Build));
        }
    }

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        foreach (var host in hosts)
        {
            await host.DisposeAsync();
        }

        await engine.DisposeAsync();
    }

    [Fact]
    public async Task TempData_in_the_session_survives_a_redirect_and_is_read_once()
    {
        for (var i = 0; i < 3; i++)
        {
            using var response = await browser.GetAsync(Next("/notes/write"));
            Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
            Assert.Equal("noted", await browser.GetStringAsync(Next("/notes/read")));
            Assert.Equal("nothing", await browser.GetStringAsync(Next("/notes/read")));
        }
    }

    [Fact]
    public async Task TempData_that_is_saved_when_the_body_starts_is_committed()
    {
        Assert.Equal("written", await browser.GetStringAsync(Next("/notes/writewithbody")));
        Assert.Equal("noted", await browser.GetStringAsync(Next("/notes/read")));
    }

    [Fact]
    public async Task An_antiforgery_token_of_one_instance_is_valid_on_another()
    {
        var token = await browser.GetStringAsync(Next("/token"));
        using var request = new HttpRequestMessage(HttpMethod.Post, Next("/validate")) { Headers = { { "RequestVerificationToken", token } } };
        using var response = await browser.SendAsync(request);
        Assert.Equal("valid", await response.Content.ReadAsStringAsync());
        using var without = await browser.PostAsync(Next("/validate"), null);
        Assert.Equal("invalid", await without.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_sign_in_on_one_instance_counts_on_another_and_renews_the_session()
    {
        await browser.GetStringAsync(Next("/session/begin"));
        var before = await browser.GetStringAsync(Next("/session"));
        await browser.GetStringAsync(Next("/sign-in"));
        Assert.Equal("ada", await browser.GetStringAsync(Next("/me")));
        var after = await browser.GetStringAsync(Next("/session"));
        Assert.NotEqual(before.Split(' ')[0], after.Split(' ')[0]);
        Assert.Equal("begun", after.Split(' ')[1]);
    }

    private static void Build(WebApplicationBuilder builder)
    {
        builder.Services.AddControllersWithViews().AddSessionStateTempDataProvider().AddApplicationPart(typeof(NotesController).Assembly);
        builder.Services.AddAuthentication("cookies").AddCookie("cookies");
    }

    private static void Map(WebApplication app)
    {
        app.UseHoldfast();
        app.UseAuthentication();
        app.MapControllerRoute("default", "{controller}/{action}");
        app.MapGet("/token", (HttpContext context, IAntiforgery antiforgery) => antiforgery.GetAndStoreTokens(context).RequestToken);
        app.MapPost("/validate", async (HttpContext context, IAntiforgery antiforgery) =>
            await antiforgery.IsRequestValidAsync(context) ? "valid" : "invalid");
        app.MapGet("/session/begin", (HttpContext context) => context.Session.SetString("state", "begun"));
        app.MapGet("/session", (HttpContext context) => $"{context.Session.Id} {context.Session.GetString("state")}");
        app.MapGet("/me", (HttpContext context) => context.User.Identity?.Name);
        app.MapGet("/sign-in", async (HttpContext context) =>
        {
            context.GetState().RenewSession();
            await context.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "ada")], "cookies")));
        });
    }

    private Uri Next(string path) => hosts[turn++ % hosts.Count].At(path);
}

public sealed class NotesController : Controller
{
    public IActionResult Write()
    {
        TempData["note"] = "noted";
        return RedirectToAction(nameof(Read));
    }

    public IActionResult Read() => Content(TempData["note"] as string ?? "nothing");

    public async Task WriteWithBody()
    {
        TempData["note"] = "noted";
        await Response.WriteAsync("written");
    }
}
