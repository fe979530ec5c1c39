using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Holdfast.AspNetCore.Cookies;

/// <summary>
/// One cookie or header whose content is sealed. What can't be opened, or comes twice, counts as none: one of two of a name was
/// planted, and nothing tells which (OWASP ASVS 3.3).
/// </summary>
internal abstract class SealedCarrier(CookieSeal seal, StateMeter meter, ILogger logger)
{
    /// <summary>Opens what the request carries; false when there is none that counts.</summary>
    /// <param name="request">The request.</param>
    /// <param name="version">The version of the content's format.</param>
    /// <param name="content">The content.</param>
    public bool TryRead(HttpRequest request, out byte version, out ReadOnlySpan<byte> content)
    {
        version = 0;
        content = default;
        var count = Find(request, out var value);
        if (count == 0)
        {
            return false;
        }

        if (count > 1)
        {
            Reject("two of one name");
            return false;
        }

        if (seal.TryOpen(NameFor(request), value, out version, out content))
        {
            return true;
        }

        Reject("not sealed under a key of the ring");
        return false;
    }

    /// <summary>Sends the content to the client.</summary>
    public void Write(HttpContext context, byte version, ReadOnlySpan<byte> content)
    {
        KeepFromSharedCaches(context.Response.Headers);
        var name = NameFor(context.Request);
        Send(context, name, seal.Seal(name, version, content));
    }

    /// <summary>Has the client forget it.</summary>
    public abstract void Remove(HttpContext context);

    /// <summary>Counts what was carried as none.</summary>
    public void Reject(string reason)
    {
        meter.CookieRejected();
        logger.CookieRejected(reason);
    }

    /// <summary>The name that it has on this request, to which the content is bound.</summary>
    protected abstract string NameFor(HttpRequest request);

    /// <summary>How many of the name the request carries, and the first.</summary>
    protected abstract int Find(HttpRequest request, out ReadOnlySpan<char> value);

    /// <summary>Sends it, sealed.</summary>
    protected abstract void Send(HttpContext context, string name, string text);

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
}
