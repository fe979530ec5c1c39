using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.AspNetCore.Requests;

/// <summary>Makes the request's commit ahead of the 101 of an upgrade.</summary>
internal sealed class GatedUpgrade(IHttpUpgradeFeature inner, ResponseGate gate) : IHttpUpgradeFeature
{
    public bool IsUpgradableRequest => inner.IsUpgradableRequest;

    public async Task<Stream> UpgradeAsync()
    {
        await gate.OpenToUpgradeAsync();
        return await inner.UpgradeAsync();
    }
}
