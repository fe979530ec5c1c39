using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

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

    /// <summary>
    /// The header as the framework would write it, which escapes, formats and checks what needs none of that here, at a price. Where the application
    /// has a say in cookies, as with a cookie policy, it is asked.
    /// </summary>
    protected override void Send(HttpContext context, string name, string text)
    {
        if (context.Features.Get<IResponseCookiesFeature>() is not (null or ResponseCookiesFeature))
        {
            context.Response.Cookies.Append(name, text, OptionsFor(context.Request));
            return;
        }

        var attributes = context.Request.IsHttps ? "; path=/; secure; samesite=lax; httponly" : "; path=/; samesite=lax; httponly";
        context.Response.Headers.SetCookie = StringValues.Concat(context.Response.Headers.SetCookie, string.Concat(name, "=", text, attributes));
    }

    private static CookieOptions OptionsFor(HttpRequest request) =>
        new() { HttpOnly = true, IsEssential = true, Path = "/", SameSite = SameSiteMode.Lax, Secure = request.IsHttps };
}
