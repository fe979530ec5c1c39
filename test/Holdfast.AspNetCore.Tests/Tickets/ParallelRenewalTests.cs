using System.Security.Claims;
using Holdfast.AspNetCore.Tests.Logins;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.AspNetCore.Tests.Tickets;

/// <summary>Requests of one ticket that run at the same time, on two instances, and each renew it.</summary>
public sealed class ParallelRenewalTests : IAsyncLifetime
{
    private readonly TestClock clock = new();
    private readonly TaskCompletionSource isHeld = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<WebHost> hosts = [];
    private readonly HttpClient browser = WebHost.Browser();
    private CountingEngine engine = null!;

    public async ValueTask InitializeAsync() => engine = await Engines.OpenAsync(clock);

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        foreach (var host in hosts)
        {
            await host.DisposeAsync();
        }

        await engine.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_that_only_slides_leaves_what_another_has_put_into_the_ticket(bool hasState)
    {
        await BeginAsync(hasState);
        var sliding = HeldAsync();
        Assert.Equal("reader one", await GetAsync(0, "reader", "one"));
        await ReleaseAsync(sliding);
        Assert.Equal("reader one", await GetAsync(1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_one_puts_into_the_ticket_stands_though_another_has_slid_it_meanwhile(bool hasState)
    {
        await BeginAsync(hasState);
        var replacing = HeldAsync("reader", "one");
        await GetAsync(0);
        Assert.Equal("reader one", await ReleaseAsync(replacing));
        Assert.Equal("reader one", await GetAsync(0));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_two_that_refresh_its_tokens_the_first_commit_stands_and_both_requests_go_on_with_their_own(bool hasState)
    {
        await BeginAsync(hasState);
        var late = HeldAsync(token: "two");
        Assert.Equal("admin one", await GetAsync(0, token: "one"));
        Assert.Equal("admin two", await ReleaseAsync(late));
        Assert.Equal("admin one", await GetAsync(0));
        Assert.Equal("admin one", await GetAsync(1));
    }

    /// <summary>Signs in, and lets half of the ticket's time pass, so that whoever reads it slides it.</summary>
    private async Task BeginAsync(bool hasState)
    {
        for (var i = 0; i < 2; i++)
        {
            hosts.Add(hasState
                ? await WebHost.StartAsync(engine, app => Map(app, hasState), build: Build)
                : await WebHost.StartBareAsync(
                    builder =>
                    {
                        builder.Services.AddSingleton<StateEngine>(engine);
                        builder.Services.AddHoldfastEngine().AddHoldfastTickets().AddHoldfastDataProtection();
                        Build(builder);
                    },
                    app => Map(app, hasState)));
        }

        await browser.GetStringAsync(hosts[0].At("/sign-in"));
        clock.Move(TimeSpan.FromDays(8));
    }

    /// <summary>A request that has read its ticket and goes on once it is released.</summary>
    private async Task<string> HeldAsync(string? role = null, string? token = null) => await GetAsync(1, role, token, isToWait: true);

    private async Task<string> ReleaseAsync(Task<string> held)
    {
        release.SetResult();
        return await held;
    }

    private async Task<string> GetAsync(int instance, string? role = null, string? token = null, bool isToWait = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, hosts[instance].At("/"));
        request.Headers.Add("Role", role is null ? [] : [role]);
        request.Headers.Add("Token", token is null ? [] : [token]);
        request.Headers.Add("Hold", isToWait ? ["yes"] : []);
        if (!isToWait)
        {
            await isHeld.Task;
        }

        using var response = await browser.SendAsync(request);
        return await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
    }

    private void Build(WebApplicationBuilder builder) => SignInApp.Add(builder, clock, options => options.Events.OnValidatePrincipal = ValidateAsync);

    private async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        var headers = context.Request.Headers;
        if (headers["Role"] is [{ Length: > 0 } role])
        {
            context.ReplacePrincipal(Person(role));
            context.ShouldRenew = true;
        }

        if (headers["Token"] is [{ Length: > 0 } token])
        {
            context.Properties.StoreTokens([new AuthenticationToken { Name = "refresh_token", Value = token }]);
            context.ShouldRenew = true;
        }

        if (headers["Hold"] is [{ Length: > 0 }])
        {
            isHeld.SetResult();
            await release.Task;
        }
    }

    private static void Map(WebApplication app, bool hasState)
    {
        if (hasState)
        {
            app.UseHoldfast();
        }

        app.UseAuthentication();
        app.UseAuthorization();
        app.MapGet("/sign-in", static (HttpContext context) =>
        {
            var properties = new AuthenticationProperties();
            properties.StoreTokens([new AuthenticationToken { Name = "refresh_token", Value = "none" }]);
            return context.SignInAsync(SignInApp.Scheme, Person("admin"), properties);
        });
        app.MapGet("/", static async (HttpContext context) =>
            $"{context.User.FindFirstValue(ClaimTypes.Role)} {await context.GetTokenAsync("refresh_token")}").RequireAuthorization();
    }

    private static ClaimsPrincipal Person(string role) =>
        new(new ClaimsIdentity([new Claim(ClaimTypes.Name, "ada"), new Claim(ClaimTypes.Role, role)], SignInApp.Scheme));
}
