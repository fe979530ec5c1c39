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
    /// <summary>
    /// A time in which nothing was to come is of so many parts: one in which the process stood still tells nothing, as timers may end before what came
    /// meanwhile is read.
    /// </summary>
    private const int Parts = 6;

    /// <summary>How many answers have told their clients to go, and one for the drain itself: 0 until it begins.</summary>
    private int told;

    /// <summary>Has the answer, once the drain has begun, be the last one of its connection.</summary>
    public void Tell(HttpContext context)
    {
        if (Volatile.Read(ref told) != 0 && HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            context.Response.Headers.Connection = "close";
            Interlocked.Increment(ref told);
        }
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        try
        {
            sockets.TakeNoMore();
            for (var part = 0; part < Parts; part++)
            {
                await Task.Delay(GatewayLimits.LastConnectionsTime / Parts, clock, cancellationToken);
            }

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
        Interlocked.Increment(ref told);
        var half = options.DrainTimeout / 2;
        var longest = half < GatewayLimits.LongestFarewell ? half : GatewayLimits.LongestFarewell;
        for (var quiet = 0; quiet < Parts && clock.GetElapsedTime(began) < longest;)
        {
            var before = Volatile.Read(ref told);
            await Task.Delay(GatewayLimits.FarewellTime / Parts, clock, cancellationToken);
            quiet = Volatile.Read(ref told) == before ? quiet + 1 : 0;
        }
    }
}
