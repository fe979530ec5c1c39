using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.AspNetCore.Tests.Logins;

/// <summary>An application that signs in by cookie authentication, and another way by <c>GetState()</c>.</summary>
internal static class SignInApp
{
    public const string Scheme = "cookies";

    public const string TicketCookie = ".AspNetCore." + Scheme;

    public static Task<WebHost> StartAsync(
        StateEngine engine, TimeProvider? clock = null, Action<HoldfastOptions>? configure = null, Action<CookieAuthenticationOptions>? cookie = null) =>
        WebHost.StartAsync(engine, Map, configure, builder => Add(builder, clock, cookie));

    /// <summary>Adds cookie authentication.</summary>
    public static void Add(WebApplicationBuilder builder, TimeProvider? clock = null, Action<CookieAuthenticationOptions>? cookie = null)
    {
        builder.Services.AddSingleton(clock ?? TimeProvider.System);
        builder.Services.AddAuthentication().AddCookie(Scheme, options =>
        {
            // An API: who is not signed in is told so, and not sent to a page.
            options.Events.OnRedirectToLogin = static context =>
            {
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                return Task.CompletedTask;
            };
            cookie?.Invoke(options);
        });
        builder.Services.AddAuthorization();
    }

    /// <summary>What there is of cookie authentication alone.</summary>
    public static void MapTickets(WebApplication app)
    {
        app.MapGet("/me", (HttpContext context) => context.User.Identity!.Name).RequireAuthorization();
        app.MapGet("/claims", (HttpContext context) => context.User.Claims.Sum(static claim => claim.Value.Length).ToString(CultureInfo.InvariantCulture));
        app.MapGet("/sign-in/{user}", async (string user, HttpContext context, int bytes = 0) =>
        {
            Claim[] claims = [new(ClaimTypes.Name, user), new("padding", new string('x', bytes))];
            await context.SignInAsync(Scheme, new ClaimsPrincipal(new ClaimsIdentity(claims, Scheme)));
        });
        app.MapGet("/sign-out", (HttpContext context) => context.SignOutAsync(Scheme));
    }

    /// <summary>A browser's cookies as they are now, to be sent again later by somebody who got hold of them.</summary>
    public static async Task<HttpStatusCode> StatusOfAsync(WebHost host, string path, string cookies)
    {
        using var thief = WebHost.Plain();
        using var request = new HttpRequestMessage(HttpMethod.Get, host.At(path));
        request.Headers.Add("Cookie", cookies);
        using var response = await thief.SendAsync(request);
        return response.StatusCode;
    }

    private static void Map(WebApplication app)
    {
        app.Use(static (context, next) =>
        {
            // As a proxy that ends TLS tells it.
            context.Request.IsHttps = context.Request.Headers.ContainsKey("Https");
            return next(context);
        });
        app.UseWebSockets();
        app.UseHoldfast();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapGet("/begin", (HttpContext context) => context.Session.SetString("state", "begun"));
        app.MapGet("/session", (HttpContext context) => $"{context.Session.Id} {context.Session.GetString("state")}");
        MapTickets(app);
        app.MapGet("/state/sign-in/{user}", async (string user, HttpContext context) => await context.GetState().SignInAsync(user));
        app.MapGet("/state/me", (HttpContext context) => context.GetState().UserId is { } user ? Results.Text(user) : Results.Unauthorized());
        app.MapGet("/state/sign-in-id", (HttpContext context) => context.GetState().SignInId);
        app.MapGet("/state/renew", (HttpContext context) => context.GetState().RenewSession());
        app.MapGet("/state/end", (HttpContext context) => context.GetState().EndSession());
        app.MapGet("/live", async (HttpContext context) =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            await SayWhenEndedAsync(context, text => socket.SendAsync(text, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None));
        });
        app.MapGet("/stream", async (HttpContext context) =>
        {
            await context.Response.StartAsync();
            await SayWhenEndedAsync(context, async text =>
            {
                await context.Response.Body.WriteAsync(text);
                await context.Response.Body.FlushAsync();
            });
        });
        app.MapGet("/fail/sign-in/{user}", async (string user, HttpContext context) =>
        {
            await context.GetState().SignInAsync(user);
            throw new InvalidOperationException("The handler fails after signing in.");
        });
    }

    /// <summary>Says "live", and "ended" once the session has; or returns when the client leaves.</summary>
    private static async Task SayWhenEndedAsync(HttpContext context, Func<byte[], Task> say)
    {
        var ended = context.GetState().SessionEnded;
        await say("live."u8.ToArray());
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ended, context.RequestAborted);
        await Task.Delay(Timeout.Infinite, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (ended.IsCancellationRequested)
        {
            await say("ended"u8.ToArray());
        }
    }
}
