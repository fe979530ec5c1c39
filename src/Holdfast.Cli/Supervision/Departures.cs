using Holdfast.Cli.Readings;

namespace Holdfast.Cli.Supervision;

/// <summary>
/// Takes instances out of service through the gateways: an instance is told to end once every gateway knows that it
/// drains and has nothing of its any more, so that even an application that ends at once when asked loses no request.
/// </summary>
internal sealed class Departures(GatewayReader gateways, RunContext run)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LastPause = TimeSpan.FromMilliseconds(250);

    // A request may have been given to an instance just before the gateway learnt, and not be counted yet.
    private const int QuietRounds = 2;

    /// <summary>Drains instances, and stops them when they are let go, or after their services' time for it.</summary>
    public async Task LeaveAsync(Service service, IReadOnlyCollection<InstanceProcess> leaving, CancellationToken cancellationToken)
    {
        foreach (var instance in leaving)
        {
            instance.Drain();
        }

        if (!await AreLetGoAsync([.. leaving.Select(static instance => instance.Name)], service.Topology.Drain, cancellationToken))
        {
            run.Log.Event($"{string.Join(", ", leaving.Select(static instance => instance.Name))} still had requests after {service.Topology.Drain.TotalSeconds:0.##} s, "
                + $"and has {SupervisedProcess.StopGrace.TotalSeconds:0} s more to finish them: give {service.Name} a longer drain if they take so long");
        }

        // All is to go down: the gateways first, once they have what they wait for, and then whoever is there.
        if (!cancellationToken.IsCancellationRequested)
        {
            await service.Instances.StopAsync(leaving);
        }
    }

    /// <summary>Whether the gateways let the instances go within the time. True when the caller no longer wants to wait.</summary>
    public async Task<bool> AreLetGoAsync(IReadOnlyCollection<string> leaving, TimeSpan limit, CancellationToken cancellationToken)
    {
        var began = run.Clock.GetTimestamp();
        var pause = FirstPause;
        var quiet = 0;
        try
        {
            while (true)
            {
                quiet = (await gateways.ReadAsync(cancellationToken)).All(reading => HasLetGo(reading, leaving)) ? quiet + 1 : 0;
                if (quiet >= QuietRounds || run.Clock.GetElapsedTime(began) >= limit)
                {
                    return quiet > 0;
                }

                await Task.Delay(pause, run.Clock, cancellationToken);
                pause = quiet > 0 ? FirstPause : TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LastPause.Ticks));
            }
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    private static bool HasLetGo(GatewayReading? reading, IReadOnlyCollection<string> leaving) =>
        reading is not null && leaving.All(name => reading.Of(name) is null or { IsReady: false, InFlight: 0 });
}
