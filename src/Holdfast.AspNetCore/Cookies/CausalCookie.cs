using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.AspNetCore.Cookies;

/// <summary>
/// The cookie that carries a client's session and stamps. What can't be opened, or comes twice, counts as none: one
/// of two cookies of a name was planted, and nothing tells which (OWASP ASVS 3.3).
/// </summary>
internal sealed class CausalCookie
{
    private readonly CookieSeal seal;
    private readonly StateEngine engine;
    private readonly StateMeter meter;
    private readonly ILogger logger;
    private readonly string plainName;
    private readonly string secureName;

    public CausalCookie(CookieSeal seal, StateEngine engine, StateMeter meter, IOptions<HoldfastOptions> options, ILogger<CausalCookie> logger)
    {
        (this.seal, this.engine, this.meter, this.logger) = (seal, engine, meter, logger);
        plainName = "." + options.Value.CookieName;
        secureName = "__Host-" + options.Value.CookieName;
    }

    /// <summary>What the request's cookie carries, or null when there is none that counts.</summary>
    public CookieContent? Read(HttpRequest request)
    {
        var headers = request.Headers.Cookie;
        if (headers.Count == 0)
        {
            return null;
        }

        var name = NameFor(request);
        var count = CookieHeader.Find(headers, name, out var value);
        if (count == 0)
        {
            return null;
        }

        if (count > 1)
        {
            return Rejected("two of one name");
        }

        return seal.Open(name, value) is not { } content
            ? Rejected("not sealed under a key of the ring")
            : CookieFormat.Read(content, engine.Partitions) ?? Rejected("of another store");
    }

    /// <summary>Sends the content to the client.</summary>
    public void Write(HttpContext context, CookieContent content)
    {
        Span<byte> bytes = stackalloc byte[CookieFormat.MaxBytes];
        var length = CookieFormat.Write(bytes, content);
        var name = NameFor(context.Request);
        KeepFromSharedCaches(context.Response.Headers);
        context.Response.Cookies.Append(name, seal.Seal(name, bytes[..length]), OptionsFor(context.Request));
    }

    /// <summary>Has the client forget the cookie.</summary>
    public void Remove(HttpContext context) => context.Response.Cookies.Delete(NameFor(context.Request), OptionsFor(context.Request));

    /// <summary>A shared cache that kept the response would hand one client's session to others (RFC 9111, 7.3).</summary>
    private static void KeepFromSharedCaches(IHeaderDictionary headers)
    {
        var control = headers.CacheControl.ToString();
        if (!control.Contains("no-store", StringComparison.OrdinalIgnoreCase) && !control.Contains("private", StringComparison.OrdinalIgnoreCase))
        {
            headers.CacheControl = "no-cache, no-store";
            headers.Pragma = "no-cache";
        }
    }

    private static CookieOptions OptionsFor(HttpRequest request) =>
        new() { HttpOnly = true, IsEssential = true, Path = "/", SameSite = SameSiteMode.Lax, Secure = request.IsHttps };

    private string NameFor(HttpRequest request) => request.IsHttps ? secureName : plainName;

    private CookieContent? Rejected(string reason)
    {
        meter.CookieRejected();
        logger.CookieRejected(reason);
        return null;
    }
}
