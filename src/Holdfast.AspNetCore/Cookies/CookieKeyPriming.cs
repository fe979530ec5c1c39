using Microsoft.Extensions.Hosting;

namespace Holdfast.AspNetCore.Cookies;

/// <summary>Reads the ring when the host starts, so that no request waits for it, and a ring that can't be used stops the start.</summary>
internal sealed class CookieKeyPriming(CookieKeyRing ring) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _ = ring.Sealing;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
