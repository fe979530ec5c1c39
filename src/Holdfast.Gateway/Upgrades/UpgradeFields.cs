using Holdfast.Gateway.Forwarding;
using Holdfast.Gateway.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.Gateway.Upgrades;

/// <summary>The fields of requests and answers that change a connection's protocol.</summary>
internal static class UpgradeFields
{
    private const string WebSocket = "websocket";
    private const int KeyBytes = 16;

    /// <summary>What the client asks for. An offer of anything else is not taken, which RFC 9110 leaves open: the request is what it is without it.</summary>
    public static UpgradeKind KindOf(HttpContext context)
    {
        if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true, Protocol: WebSocket })
        {
            return UpgradeKind.WebSocketOverHttp2;
        }

        // To the server every request without a body that says "Connection: Upgrade" is one, whatever its method and what it offers.
        return HttpMethods.IsGet(context.Request.Method) && context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true }
            && context.Request.Headers.GetCommaSeparatedValues("Upgrade").Contains(WebSocket, StringComparer.OrdinalIgnoreCase)
            ? UpgradeKind.WebSocket
            : UpgradeKind.None;
    }

    /// <summary>Has the instance's request ask for the same.</summary>
    public static void Ask(HttpRequestMessage message, UpgradeKind kind)
    {
        message.Headers.TryAddWithoutValidation("Connection", "Upgrade");
        message.Headers.TryAddWithoutValidation("Upgrade", WebSocket);
        if (kind == UpgradeKind.WebSocketOverHttp2)
        {
            // HTTP/2 has no such key; what it proves in HTTP/1.1, that the other side understood, the 101 tells as well.
            Span<byte> key = stackalloc byte[KeyBytes];
            Entropy.System.Fill(key);
            message.Headers.TryAddWithoutValidation("Sec-WebSocket-Key", Convert.ToBase64String(key));
        }
    }

    /// <summary>Tells the client of the change, and opens its connection in both directions.</summary>
    public static async ValueTask<Stream> AcceptAsync(HttpContext context, HttpResponseMessage answer, UpgradeKind kind)
    {
        var headers = context.Response.Headers;
        foreach (var (name, values) in answer.Headers.NonValidated)
        {
            var isOfHttp1 = name.Equals("Sec-WebSocket-Accept", StringComparison.OrdinalIgnoreCase) || name.Equals("Upgrade", StringComparison.OrdinalIgnoreCase);
            if (isOfHttp1 ? kind == UpgradeKind.WebSocket : !HopByHop.Contains(name))
            {
                headers.Append(name, new Microsoft.Extensions.Primitives.StringValues([.. values]));
            }
        }

        headers[RequestNames.HeaderName] = context.TraceIdentifier;
        if (kind == UpgradeKind.WebSocketOverHttp2)
        {
            context.Response.StatusCode = StatusCodes.Status200OK;
            return await context.Features.GetRequiredFeature<IHttpExtendedConnectFeature>().AcceptAsync();
        }

        return await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
    }
}
