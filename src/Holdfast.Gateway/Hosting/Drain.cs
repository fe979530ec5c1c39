using Microsoft.Extensions.Hosting;

namespace Holdfast.Gateway.Hosting;

/// <summary>
/// The time between the order to stop and the end of idle connections. (1) The kernel takes no connection more, and those that it has taken are accepted.
/// (2) Nothing listens any more: who connects gets another gateway. (3) Answers tell clients to close their connections, and each that
/// was unused for a while is closed, so that no request meets a connection that is just being closed.
/// </summary>
internal sealed class Drain(
    ListenSockets sockets, ClientConnections clients, GatewayOptions options, IHostApplicationLifetime lifetime, TimeProvider clock) : IHostedLifecycleService
{
    /// <summary>
    /// A time in which nothing was to come is of so many parts: one in which the process stood still tells nothing, as timers may end before what came
    /// meanwhile is read, and what was answered is sent.
    /// </summary>
    private const int Parts = 6;

    /// <summary>Which part of its time a farewell may wait for connections to be unused, if that is short.</summary>
    private const double LongestUnused = 0.8;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        // Who ends a gateway without a signal has told nobody yet.
        lifetime.StopApplication();
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
        clients.End();
        var began = clock.GetTimestamp();
        var longest = Shorter(options.DrainTimeout / 2, GatewayLimits.LongestFarewell);
        var unused = Shorter(longest * LongestUnused, GatewayLimits.UnusedTime);
        for (var steady = 0; clock.GetElapsedTime(began) < longest;)
        {
            var before = clock.GetTimestamp();
            await Task.Delay(GatewayLimits.FarewellPace, clock, cancellationToken);
            steady = clock.GetElapsedTime(before) < GatewayLimits.FarewellPace * Parts ? steady + 1 : 0;
            if (steady >= Parts && clients.CloseUnused(unused))
            {
                return;
            }
        }
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
