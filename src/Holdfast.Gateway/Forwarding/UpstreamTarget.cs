using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.Gateway.Forwarding;

/// <summary>
/// The address that an instance is asked for. The path goes as the client wrote it when that leaves no doubt, and
/// otherwise as what it became, which is what it was routed by: without dot segments, and in origin form.
/// </summary>
internal static class UpstreamTarget
{
    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>What RFC 3986 lets stand in a path and a query.</summary>
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?@!$&'()*+,;=%[]");

    /// <summary>What can make a path become another one: dot segments, written plainly or encoded.</summary>
    private static readonly SearchValues<string> Doubtful = SearchValues.Create(["/.", "%2e", "//"], StringComparison.OrdinalIgnoreCase);

    public static Uri Of(HttpRequest request, string prefix)
    {
        var raw = request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return new Uri(IsPlain(raw) ? prefix + raw : prefix + Normalised(request), AsWritten);
    }

    private static bool IsPlain(string raw)
    {
        if (raw.Length == 0 || raw[0] != '/' || raw.AsSpan().ContainsAnyExcept(Plain))
        {
            return false;
        }

        var query = raw.IndexOf('?', StringComparison.Ordinal);
        return !(query < 0 ? raw : raw.AsSpan(0, query)).ContainsAny(Doubtful);
    }

    private static string Normalised(HttpRequest request)
    {
        var path = request.Path.HasValue ? request.Path.ToUriComponent() : "/";
        return path + request.QueryString.ToUriComponent();
    }
}
