namespace Holdfast.Gateway.Upgrades;

/// <summary>How a client asks for a WebSocket on its connection.</summary>
internal enum UpgradeKind
{
    /// <summary>It does not, whatever else it may offer.</summary>
    None,

    /// <summary>A WebSocket by a GET with the <c>Upgrade</c> field of HTTP/1.1 (RFC 6455).</summary>
    WebSocket,

    /// <summary>A WebSocket by the extended CONNECT of HTTP/2 (RFC 8441). The instance is asked by HTTP/1.1.</summary>
    WebSocketOverHttp2,
}
