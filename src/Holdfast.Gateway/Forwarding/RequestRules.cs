using Holdfast.Gateway.Upgrades;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Gateway.Forwarding;

/// <summary>What the gateway refuses although the server lets it through.</summary>
internal static class RequestRules
{
    /// <summary>The status and the reason, or null when the request may pass.</summary>
    public static (int Status, string Reason)? Refusal(HttpContext context)
    {
        var request = context.Request;
        if (HttpMethods.IsTrace(request.Method)
            || (HttpMethods.IsConnect(request.Method) && UpgradeFields.KindOf(context) != UpgradeKind.WebSocketOverHttp2))
        {
            return (StatusCodes.Status405MethodNotAllowed, $"{request.Method} is not allowed here.");
        }

        if (HasTwoLengths(request))
        {
            return (StatusCodes.Status400BadRequest, "A request has a Content-Length or a Transfer-Encoding, not both (RFC 9112, section 6.1).");
        }

        if (HasOddCoding(request))
        {
            return (StatusCodes.Status400BadRequest, "A request's only Transfer-Encoding is chunked, once, and that in HTTP/1.1 (RFC 9112, sections 6.1 and 7).");
        }

        return UpstreamTarget.Of(request) is null
            ? (StatusCodes.Status400BadRequest, "The request's target has characters that none has, or servers take it for different paths.")
            : null;
    }

    /// <summary>
    /// Kestrel takes whatever ends in chunked, and that of HTTP/1.0 too; other servers refuse that, or see another end of the body. Codings beside
    /// it are for the next hop, and nobody here takes them off.
    /// </summary>
    private static bool HasOddCoding(HttpRequest request) => request.Headers.TransferEncoding is { Count: > 0 } codings
        && !(codings is [{ } only] && only.Equals("chunked", StringComparison.OrdinalIgnoreCase) && HttpProtocol.IsHttp11(request.Protocol));

    /// <summary>
    /// Kestrel renames the Content-Length of a chunked request to X-Content-Length and reads on; servers that disagree
    /// about which one counts can be made to see two requests where there is one.
    /// </summary>
    private static bool HasTwoLengths(HttpRequest request) =>
        request.Headers.TransferEncoding.Count > 0
        && (request.Headers.ContentLength is not null || request.Headers.ContainsKey("X-Content-Length"));
}
