using Holdfast.Cli.Processes;
using Holdfast.Cli.Readings;
using Holdfast.Cli.Supervision;
using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Scaling;

/// <summary>Measures what each instance of a service bears, from one reading to the next.</summary>
internal sealed class LoadMeter(Service service, ScalingMeasure measure, GatewayReader gateways, RunContext run)
{
    private Moment? last;

    /// <summary>What was measured since the last call; null when there is nothing to compare with.</summary>
    public async Task<double?> ReadAsync(CancellationToken cancellationToken)
    {
        InstanceProcess[] ready = [.. service.Instances.All.Where(static instance => instance.State == InstanceState.Ready)];
        var (before, now) = (last, await NowAsync(ready, cancellationToken));
        last = now;
        if (before is null || now is null || ready.Length == 0)
        {
            return null;
        }

        var seconds = run.Clock.GetElapsedTime(before.At, now.At).TotalSeconds;
        return measure switch
        {
            ScalingMeasure.Cpu => now.Cpu.Sum(pair => before.Cpu.TryGetValue(pair.Key, out var earlier) ? Math.Max(0, (pair.Value - earlier).TotalSeconds) : 0)
                / seconds / ready.Length / (service.Topology.Limits.Cpus ?? 1),
            ScalingMeasure.RequestsPerInstance => now.Requests.Since(before.Requests).All / seconds / ready.Length,
            _ => now.Latencies.Since(before.Latencies).Quantile(0.95)?.TotalSeconds ?? 0,
        };
    }

    private async Task<Moment?> NowAsync(IReadOnlyCollection<InstanceProcess> ready, CancellationToken cancellationToken)
    {
        var at = run.Clock.GetTimestamp();
        if (measure == ScalingMeasure.Cpu)
        {
            var groups = ready.Select(static instance => instance.Group).OfType<int>().ToHashSet();
            var cpu = ProcessTable.Living().Where(entry => groups.Contains(entry.Group)).ToDictionary(static entry => entry.Pid, static entry => entry.Cpu);
            return new Moment(at, cpu, default, Latencies.None);
        }

        // Of all gateways or of none: one that is left out would look like a load that has gone.
        var readings = await gateways.ReadAsync(cancellationToken);
        if (readings.Count == 0 || readings.Contains(null))
        {
            return null;
        }

        InstanceReading[] instances = [.. readings.SelectMany(reading => service.Instances.All.Select(instance => reading!.Of(instance.Name))).OfType<InstanceReading>()];
        return new Moment(
            at,
            new Dictionary<int, TimeSpan>(),
            instances.Aggregate(default(RequestCount), static (sum, instance) => sum + instance.Requests),
            instances.Aggregate(Latencies.None, static (sum, instance) => sum + instance.Latencies));
    }

    private sealed record Moment(long At, IReadOnlyDictionary<int, TimeSpan> Cpu, RequestCount Requests, Latencies Latencies);
}
