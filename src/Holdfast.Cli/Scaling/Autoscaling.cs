using Holdfast.Cli.Readings;
using Holdfast.Cli.Supervision;

namespace Holdfast.Cli.Scaling;

/// <summary>Has the services that scale themselves do so, once a second each.</summary>
internal sealed class Autoscaling(IReadOnlyList<Service> services, Operations operations, GatewayReader gateways, RunContext run)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Runs until it is cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(services.Select(service => RunAsync(service, cancellationToken)));

    private async Task RunAsync(Service service, CancellationToken cancellationToken)
    {
        if (service.Topology.Scaling is not { } scaling)
        {
            return;
        }

        var autoscaler = new Autoscaler(scaling);
        var meter = new LoadMeter(service, scaling.Measure, gateways, run);
        var began = run.Clock.GetTimestamp();
        try
        {
            while (true)
            {
                await Task.Delay(Interval, run.Clock, cancellationToken);
                var value = await meter.ReadAsync(cancellationToken);
                var count = service.Instances.Staying.Count;
                var wanted = autoscaler.Decide(run.Clock.GetElapsedTime(began), count, value);
                if (wanted == count)
                {
                    continue;
                }

                var reason = value is null ? "" : $" ({scaling.Text(value.Value)}, where {scaling.Text(scaling.Target)} is wanted)";
                if (await operations.AdaptAsync(service, wanted, reason) is { } problem)
                {
                    run.Log.Event($"{service.Name} could not be scaled by itself, and is not for {Autoscaler.FailurePause.TotalSeconds:0} s: {problem}");
                    autoscaler.Failed(run.Clock.GetElapsedTime(began));
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The topology stops.
        }
    }
}
