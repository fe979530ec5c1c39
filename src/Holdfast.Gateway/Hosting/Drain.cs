using Microsoft.Extensions.Hosting;

namespace Holdfast.Gateway.Hosting;

/// <summary>
/// The time between the order to stop and the end of listening: answers tell clients to close their connections, so that
/// the next requests go to another gateway and none meets a connection that is just being closed.
/// </summary>
internal sealed class Drain(TimeProvider clock, IHostApplicationLifetime lifetime) : IHostedLifecycleService
{
    private bool hasBegun;

    /// <summary>Whether answers are to be the last ones of their connections.</summary>
    public bool HasBegun => Volatile.Read(ref hasBegun) || lifetime.ApplicationStopping.IsCancellationRequested;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        Volatile.Write(ref hasBegun, true);
        try
        {
            await Task.Delay(GatewayLimits.FarewellTime, clock, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The time for the whole drain is over.
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
