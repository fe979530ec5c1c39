using System.Text;
using Holdfast.Gateway.Instances;
using Holdfast.Gateway.Services;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Gateway.Balancing;

/// <summary>
/// Keeps a client on its instance, where a service declares that: a cookie carries the instance's mark, which tells
/// nothing of it. When the instance is gone, drains or fails, the client gets another one and keeps that.
/// </summary>
internal static class Stickiness
{
    private const string CookieName = "hf-instance";

    /// <summary>The request's wish. Costs nothing for a service that declares nothing.</summary>
    public static Wish WishOf(HttpRequest request, ServiceSettings settings) => new(
        settings.Balance != BalanceKind.Hash ? null
            : settings.HashesCookie ? request.Cookies[settings.HashBy]
            : request.Headers[settings.HashBy].ToString(),
        PrefixOf(request, settings) is null ? null : request.Cookies[CookieName]);

    /// <summary>Has the client come back to this instance, if it is not known to do so.</summary>
    public static void Keep(HttpContext context, ServiceSettings settings, Upstream upstream, string? mark)
    {
        if (mark != upstream.Mark && PrefixOf(context.Request, settings) is { } prefix)
        {
            context.Response.Cookies.Append(CookieName, upstream.Mark, new CookieOptions
            {
                Path = prefix.Length == 0 ? "/" : prefix,
                HttpOnly = true,
                Secure = context.Request.IsHttps,
                SameSite = SameSiteMode.Lax,
                IsEssential = true,
            });
        }
    }

    /// <summary>The mark of an instance: the same on every gateway, for as long as the instance is at its address.</summary>
    public static string MarkOf(string service, string id, string prefix) =>
        Dice.Mix(ConsistentHash.HashOf(new StringBuilder(service).Append('/').Append(id).Append('/').Append(prefix).ToString())).ToString("x16");

    private static string? PrefixOf(HttpRequest request, ServiceSettings settings)
    {
        foreach (var prefix in settings.Sticky)
        {
            if (request.Path.StartsWithSegments(prefix, StringComparison.Ordinal))
            {
                return prefix;
            }
        }

        return null;
    }
}
