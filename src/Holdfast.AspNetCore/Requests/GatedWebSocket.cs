using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.AspNetCore.Requests;

/// <summary>
/// Makes the request's commit ahead of the 101 when the WebSocket middleware stands before Holdfast's, and so has
/// taken the server's upgrade feature already.
/// </summary>
internal sealed class GatedWebSocket(IHttpWebSocketFeature inner, ResponseGate gate) : IHttpWebSocketFeature
{
    public bool IsWebSocketRequest => inner.IsWebSocketRequest;

    public async Task<WebSocket> AcceptAsync(WebSocketAcceptContext context)
    {
        await gate.OpenToUpgradeAsync();
        return await inner.AcceptAsync(context);
    }
}
