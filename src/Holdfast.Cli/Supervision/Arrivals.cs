using Holdfast.Cli.Readings;

namespace Holdfast.Cli.Supervision;

/// <summary>Waits for the gateways to hear of instances that are ready: a request that comes before only waits, and not for ever.</summary>
internal sealed class Arrivals(GatewayReader gateways, RunContext run)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Returns once every gateway gives requests to each of the instances that is ready by now; that they don't in time is told.</summary>
    public async Task BeKnownAsync(IReadOnlyCollection<InstanceProcess> instances, CancellationToken cancellationToken)
    {
        var began = run.Clock.GetTimestamp();
        while (!(await gateways.ReadAsync(cancellationToken)).All(reading => Knows(reading, instances)))
        {
            if (run.Clock.GetElapsedTime(began) >= run.ReadyTimeout)
            {
                run.Log.Event($"the gateways have not heard of all instances within {run.ReadyTimeout.TotalSeconds:0.##} s: look after the store");
                return;
            }

            await Task.Delay(Pause, run.Clock, cancellationToken);
        }
    }

    private static bool Knows(GatewayReading? reading, IEnumerable<InstanceProcess> instances) =>
        reading is not null && instances.Where(static instance => instance.State == InstanceState.Ready).All(instance => reading.Of(instance.Name) is { IsReady: true });
}
