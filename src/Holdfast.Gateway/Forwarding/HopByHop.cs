using System.Collections.Frozen;
using System.Net.Http.Headers;
using Holdfast.Gateway.Repeating;
using Microsoft.Extensions.Primitives;

namespace Holdfast.Gateway.Forwarding;

/// <summary>Fields that concern one connection and are not passed on (RFC 9110, section 7.6.1).</summary>
internal static class HopByHop
{
    private static readonly FrozenSet<string> Fields = new[]
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "TE", "Upgrade", "HTTP2-Settings", "Proxy-Authenticate",
        "Proxy-Authorization", "Proxy-Authentication-Info", "Alt-Svc",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>What <c>Connection</c> can't take away, though it may name it: without them the message would be another one.</summary>
    private static readonly FrozenSet<string> Kept = new[] { "Host", "Content-Length", "Content-Type", "Content-Encoding", "Authorization", "Cookie", MintedKeys.HeaderName }
        .ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public static bool Contains(string name) => Fields.Contains(name);

    /// <summary>The further fields that the <c>Connection</c> field names; null when there are none, as is usual.</summary>
    public static HashSet<string>? NamedBy(StringValues connection)
    {
        HashSet<string>? named = null;
        foreach (var line in connection)
        {
            named = NamedBy(line, named);
        }

        return named;
    }

    /// <summary>The same of an answer.</summary>
    public static HashSet<string>? NamedBy(HeaderStringValues connection)
    {
        HashSet<string>? named = null;
        foreach (var line in connection)
        {
            named = NamedBy(line, named);
        }

        return named;
    }

    private static HashSet<string>? NamedBy(string? line, HashSet<string>? named)
    {
        if (line is null || line.Equals("keep-alive", StringComparison.OrdinalIgnoreCase) || line.Equals("close", StringComparison.OrdinalIgnoreCase))
        {
            return named;
        }

        foreach (var name in line.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Fields.Contains(name) && !Kept.Contains(name))
            {
                (named ??= new HashSet<string>(StringComparer.OrdinalIgnoreCase)).Add(name);
            }
        }

        return named;
    }
}
