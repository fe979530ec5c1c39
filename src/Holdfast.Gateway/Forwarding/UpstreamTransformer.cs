using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace Holdfast.Gateway.Forwarding;

/// <summary>
/// What changes between the client's request and the one that an instance gets, besides the hop-by-hop fields that YARP
/// leaves out: who the client is, is said by the gateway alone. Host stays as the client sent it.
/// </summary>
internal sealed class UpstreamTransformer : HttpTransformer
{
    private static readonly string[] Claims =
        ["Forwarded", "X-Real-IP", "X-Client-IP", "True-Client-IP", "X-Original-For", "X-Original-Host", "X-Original-Proto"];

    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);

        foreach (var claim in httpContext.Request.Headers.Keys.Where(IsClaim))
        {
            proxyRequest.Headers.Remove(claim);
        }

        var request = httpContext.Request;
        proxyRequest.Headers.TryAddWithoutValidation("X-Forwarded-For", httpContext.Connection.RemoteIpAddress?.ToString());
        proxyRequest.Headers.TryAddWithoutValidation("X-Forwarded-Proto", request.Scheme);
        proxyRequest.Headers.TryAddWithoutValidation("X-Forwarded-Host", request.Host.Value);
        proxyRequest.Headers.Host = request.Host.Value;

        // The gateway itself tells the client to go on, when the instance is there and the body is first read.
        proxyRequest.Headers.Remove("Expect");
    }

    /// <summary>
    /// Whether the field claims who the client is or what it asked for. Underscores count as hyphens, as they do to
    /// servers that pass fields on in CGI's form (RFC 3875, section 4.1.18).
    /// </summary>
    private static bool IsClaim(string name)
    {
        var canonical = name.Replace('_', '-');
        return canonical.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase)
            || Claims.Contains(canonical, StringComparer.OrdinalIgnoreCase);
    }
}
