using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Gateway.Hosting;

/// <summary>
/// Ends an HTTP/2 connection that begins requests only to have them reset: by itself (CVE-2023-44487), or by breaking the
/// protocol so that the server does it (CVE-2025-8671). Each costs the instance a request, and the connection next to nothing.
/// </summary>
internal static class ResetCount
{
    private const int Allowed = 100;
    private static readonly object Key = new();

    /// <summary>Counts a request that ended before its answer. Ends the connection when these are most of its requests.</summary>
    public static void Add(HttpContext context)
    {
        if (context.Features.Get<IConnectionItemsFeature>() is not { Items: { } items } || context.Features.Get<IConnectionLifetimeFeature>() is not { } connection)
        {
            return;
        }

        int count;
        lock (items)
        {
            count = items.TryGetValue(Key, out var known) ? (int)known! + 1 : 1;
            items[Key] = count;
        }

        if (count > Allowed)
        {
            connection.Abort();
        }
    }

    /// <summary>Counts a request that was answered: it makes up for one that was not.</summary>
    public static void Redeem(HttpContext context)
    {
        if (context.Features.Get<IConnectionItemsFeature>() is { Items: { } items })
        {
            lock (items)
            {
                if (items.TryGetValue(Key, out var known) && (int)known! > 0)
                {
                    items[Key] = (int)known - 1;
                }
            }
        }
    }
}
