using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace Holdfast.Gateway.Hosting;

/// <summary>
/// The time between the order to stop and the end of idle connections. (1) The kernel takes no connection more, and those that it has taken are accepted.
/// (2) Nothing listens any more: who connects gets another gateway. (3) Answers tell clients to close their connections, until none comes
/// back on one that it had: only then are idle ones closed, so that no request meets a connection that is just being closed.
/// </summary>
internal sealed class Drain(ListenSockets sockets, GatewayOptions options, TimeProvider clock) : IHostedLifecycleService
{
    private long toldAt;

    /// <summary>Has the answer, once the drain has begun, be the last one of its connection.</summary>
    public void Tell(HttpContext context)
    {
        if (Volatile.Read(ref toldAt) != 0 && HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            context.Response.Headers.Connection = "close";
            Volatile.Write(ref toldAt, clock.GetTimestamp());
        }
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        try
        {
            sockets.TakeNoMore();
            await Task.Delay(GatewayLimits.LastConnectionsTime, clock, cancellationToken);
            sockets.Close();
            await FarewellAsync(cancellationToken);
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

    private async Task FarewellAsync(CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        Volatile.Write(ref toldAt, began);
        var half = options.DrainTimeout / 2;
        var longest = half < GatewayLimits.LongestFarewell ? half : GatewayLimits.LongestFarewell;
        while (clock.GetElapsedTime(began) < longest && GatewayLimits.FarewellTime - clock.GetElapsedTime(Volatile.Read(ref toldAt)) is var quiet && quiet > TimeSpan.Zero)
        {
            await Task.Delay(quiet, clock, cancellationToken);
        }
    }
}
