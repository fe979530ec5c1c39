using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Holdfast.AspNetCore.Cookies;

/// <summary>A sealed cookie: <c>.NAME</c>, and <c>__Host-NAME</c> over HTTPS.</summary>
internal sealed class CookieCarrier(string name, CookieSeal seal, StateMeter meter, ILogger logger) : SealedCarrier(seal, meter, logger)
{
    private readonly string plainName = "." + name;
    private readonly string secureName = "__Host-" + name;

    public override void Remove(HttpContext context) => context.Response.Cookies.Delete(NameFor(context.Request), OptionsFor(context.Request));

    protected override string NameFor(HttpRequest request) => request.IsHttps ? secureName : plainName;

    protected override int Find(HttpRequest request, out ReadOnlySpan<char> value) =>
        CookieHeader.Find(request.Headers.Cookie, NameFor(request), out value);

    protected override void Send(HttpContext context, string name, string text) =>
        context.Response.Cookies.Append(name, text, OptionsFor(context.Request));

    private static CookieOptions OptionsFor(HttpRequest request) =>
        new() { HttpOnly = true, IsEssential = true, Path = "/", SameSite = SameSiteMode.Lax, Secure = request.IsHttps };
}
