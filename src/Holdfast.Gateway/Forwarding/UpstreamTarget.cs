using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.Gateway.Forwarding;

/// <summary>
/// What an instance is asked for: the path and query as the client wrote them, byte for byte, of which dot segments alone
/// are taken out, as they were before the request was routed. Nothing is decoded and written anew, which would make
/// another path of one that was encoded twice. What servers take for different paths is not passed on at all.
/// </summary>
internal static class UpstreamTarget
{
    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>What may stand in a target: what is visible, without the <c>#</c>, behind which there is no target any more.</summary>
    private static readonly SearchValues<char> Visible =
        SearchValues.Create([.. Enumerable.Range('!', '~' - '!' + 1).Select(static code => (char)code).Where(static letter => letter != '#')]);

    /// <summary>What can make a path become another one: dot segments, written plainly or encoded, and what some take for a slash before them.</summary>
    private static readonly SearchValues<string> Doubtful = SearchValues.Create(["/.", "%2e", "%2f.", "%5c.", "\\"], StringComparison.OrdinalIgnoreCase);

    /// <summary>What some servers take for a segment's end, beside the slash.</summary>
    private static readonly string[] Ends = ["%2f", "%2F", "%5c", "%5C", ";", "%3b", "%3B"];

    /// <summary>The target in origin form; null when the request is to be refused.</summary>
    public static string? Of(HttpRequest request)
    {
        var raw = request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (raw.AsSpan().ContainsAnyExcept(Visible))
        {
            return null;
        }

        var query = raw.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? raw.AsSpan() : raw.AsSpan(0, query);
        return raw.StartsWith('/') && !path.ContainsAny(Doubtful) ? raw : OfDoubtful(request, path, query < 0 ? "" : raw.AsSpan(query));
    }

    /// <summary>The address of that target at an instance.</summary>
    public static Uri At(string prefix, string target) => new(prefix + target, AsWritten);

    private static string? OfDoubtful(HttpRequest request, ReadOnlySpan<char> path, ReadOnlySpan<char> query)
    {
        if (!path.StartsWith('/'))
        {
            // In absolute form the path begins behind the authority (RFC 9112, section 3.2.2).
            var scheme = path.IndexOf("://", StringComparison.Ordinal);
            if (scheme < 0)
            {
                return null;
            }

            path = path[(scheme + 3)..];
            var slash = path.IndexOf('/');
            path = slash < 0 ? "/" : path[slash..];
        }

        // The last word is whether this is the path that the request was routed by.
        return WithoutDots(path) is { } sent && PathString.FromUriComponent(sent).Value == request.Path.Value ? $"{sent}{query}" : null;
    }

    /// <summary>The path without its dot segments (RFC 3986, section 5.2.4); null when there may be others in it.</summary>
    private static string? WithoutDots(ReadOnlySpan<char> path)
    {
        if (path.Contains('\\'))
        {
            return null;
        }

        var segments = path[1..].ToString().Split('/');
        var kept = new List<string>(segments.Length);
        for (var i = 0; i < segments.Length; i++)
        {
            var dots = DotsOf(segments[i]);
            if (dots == 0)
            {
                if (segments[i].Split(Ends, StringSplitOptions.None).Any(static part => DotsOf(part) > 0))
                {
                    return null;
                }

                kept.Add(segments[i]);
                continue;
            }

            if (dots == 2 && kept.Count > 0)
            {
                kept.RemoveAt(kept.Count - 1);
            }

            if (i == segments.Length - 1)
            {
                kept.Add("");
            }
        }

        return $"/{string.Join('/', kept)}";
    }

    /// <summary>1 or 2 for a dot segment, however it is written, and 0 for any other.</summary>
    private static int DotsOf(string segment) => segment.Replace("%2e", ".", StringComparison.OrdinalIgnoreCase) switch
    {
        "." => 1,
        ".." => 2,
        _ => 0,
    };
}
