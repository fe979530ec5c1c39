using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;

namespace Corpus.Cases;

/// <summary>A club's members: a cookie sign-in as ASP.NET Core has it, its keys where data protection puts them, in the home folder.</summary>
internal static class MembersOwnKeys
{
    public static WebApplication Build(WebApplicationBuilder builder) => Members.Build(builder);
}

/// <summary>The same club, its keys in the folder that all copies share.</summary>
internal static class MembersSharedKeys
{
    public static WebApplication Build(WebApplicationBuilder builder)
    {
        builder.Services.AddDataProtection()
            .SetApplicationName("club")
            .PersistKeysToFileSystem(new DirectoryInfo(Path.Combine(Environment.GetEnvironmentVariable("SHARED_DIR")!, "keys")));
        return Members.Build(builder);
    }
}

internal static class Members
{
    public static WebApplication Build(WebApplicationBuilder builder)
    {
        builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(static options =>
        {
            options.Cookie.Name = "club";
            options.LoginPath = "/sign-in";
            options.ExpireTimeSpan = TimeSpan.FromHours(8);
        });
        builder.Services.AddAuthorization();
        var app = builder.Build();
        app.UseAuthentication();
        app.UseAuthorization();

        app.MapGet("/", static () => new { club = "Rowers", time = DateTimeOffset.UtcNow });
        app.MapGet("/sign-in", static () => Results.Content("""
            <!doctype html><title>Sign in</title><form method="post" action="/sign-in"><input name="member"><button>Sign in</button></form>
            """, "text/html"));
        app.MapPost("/sign-in", static async (HttpContext context) =>
        {
            var member = (await context.Request.ReadFormAsync())["member"].ToString();
            if (member.Length == 0)
            {
                return Results.Redirect("/sign-in?again=true");
            }

            Claim[] claims = [new(ClaimTypes.Name, member), new("since", DateTimeOffset.UtcNow.ToString("O", CultureInfo.InvariantCulture))];
            await context.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity(claims, CookieAuthenticationDefaults.AuthenticationScheme)));
            return Results.Redirect("/member");
        });
        app.MapGet("/member", static (ClaimsPrincipal member) => new
        {
            name = member.Identity!.Name,
            since = member.FindFirstValue("since"),
            shown = DateTimeOffset.UtcNow,
        }).RequireAuthorization();
        app.MapPost("/sign-out", static async (HttpContext context) =>
        {
            await context.SignOutAsync();
            return Results.Redirect("/");
        }).RequireAuthorization();
        return app;
    }
}
