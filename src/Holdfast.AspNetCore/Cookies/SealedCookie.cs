using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Holdfast.AspNetCore.Cookies;

/// <summary>
/// One cookie whose content is sealed. What can't be opened, or comes twice, counts as none: one of two cookies of a name was
/// planted, and nothing tells which (OWASP ASVS 3.3).
/// </summary>
internal sealed class SealedCookie(string name, CookieSeal seal, StateMeter meter, ILogger logger)
{
    private readonly string plainName = "." + name;
    private readonly string secureName = "__Host-" + name;

    /// <summary>Opens the request's cookie; false when there is none that counts.</summary>
    /// <param name="request">The request.</param>
    /// <param name="buffer">Where the content goes, <see cref="CookieSeal.MaxContentBytes"/> long.</param>
    /// <param name="version">The version of the content's format.</param>
    /// <param name="content">The content, in the buffer.</param>
    public bool TryRead(HttpRequest request, Span<byte> buffer, out byte version, out ReadOnlySpan<byte> content)
    {
        version = 0;
        content = default;
        var headers = request.Headers.Cookie;
        if (headers.Count == 0)
        {
            return false;
        }

        var own = NameFor(request);
        var count = CookieHeader.Find(headers, own, out var value);
        if (count == 0)
        {
            return false;
        }

        if (count > 1)
        {
            Reject("two of one name");
            return false;
        }

        if (seal.TryOpen(own, value, buffer, out version, out content))
        {
            return true;
        }

        Reject("not sealed under a key of the ring");
        return false;
    }

    /// <summary>Sends the content to the client.</summary>
    public void Write(HttpContext context, byte version, ReadOnlySpan<byte> content)
    {
        var own = NameFor(context.Request);
        KeepFromSharedCaches(context.Response.Headers);
        context.Response.Cookies.Append(own, seal.Seal(own, version, content), OptionsFor(context.Request));
    }

    /// <summary>Has the client forget the cookie.</summary>
    public void Remove(HttpContext context) => context.Response.Cookies.Delete(NameFor(context.Request), OptionsFor(context.Request));

    /// <summary>Counts a cookie as none.</summary>
    public void Reject(string reason)
    {
        meter.CookieRejected();
        logger.CookieRejected(plainName, reason);
    }

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
}
