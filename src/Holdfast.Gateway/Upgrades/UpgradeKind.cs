namespace Holdfast.Gateway.Upgrades;

/// <summary>How a client asks for another protocol on its connection.</summary>
internal enum UpgradeKind
{
    /// <summary>It does not.</summary>
    None,

    /// <summary>By the <c>Upgrade</c> field of HTTP/1.1 (RFC 9110, section 7.8), for a WebSocket.</summary>
    WebSocket,

    /// <summary>By the <c>Upgrade</c> field of HTTP/1.1, for anything else.</summary>
    Other,

    /// <summary>A WebSocket by the extended CONNECT of HTTP/2 (RFC 8441). The instance is asked by HTTP/1.1.</summary>
    WebSocketOverHttp2,
}
