using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.AspNetCore.Requests;

/// <summary>Makes the request's commit ahead of the answer to an extended CONNECT (RFC 8441), as WebSockets over HTTP/2 have it.</summary>
internal sealed class GatedConnect(IHttpExtendedConnectFeature inner, ResponseGate gate) : IHttpExtendedConnectFeature
{
    public bool IsExtendedConnect => inner.IsExtendedConnect;

    public string? Protocol => inner.Protocol;

    public async ValueTask<Stream> AcceptAsync()
    {
        await gate.OpenToUpgradeAsync();
        return await inner.AcceptAsync();
    }
}
