using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;

namespace Holdfast.Cli.Readings;

/// <summary>What one gateway counted up to a moment.</summary>
internal sealed class GatewayReading
{
    private readonly FrozenDictionary<string, InstanceReading> instances;

    private GatewayReading(FrozenDictionary<string, InstanceReading> instances, IReadOnlyList<(string Service, string Route)> openBreakers) =>
        (this.instances, OpenBreakers) = (instances, openBreakers);

    /// <summary>Reads the text that a gateway's admin port gives.</summary>
    public static GatewayReading Parse(string text)
    {
        var instances = new Dictionary<string, InstanceReading>();
        var openBreakers = new List<(string, string)>();
        foreach (var sample in PrometheusSample.Read(text))
        {
            if (sample is { Name: "holdfast_gateway_breaker_open", Value: > 0 })
            {
                openBreakers.Add((sample.Labels["service"], sample.Labels["route"]));
            }

            if (!sample.Labels.TryGetValue("instance", out var id))
            {
                continue;
            }

            // An instance that was started again on another port may be told twice for a moment: both count.
            var known = instances.GetValueOrDefault(id) ?? new InstanceReading();
            instances[id] = sample.Name switch
            {
                "holdfast_gateway_instance_ready" => known with { IsReady = known.IsReady || sample.Value > 0 },
                "holdfast_gateway_instance_in_flight" => known with { InFlight = known.InFlight + (int)sample.Value },
                "holdfast_gateway_instance_requests_total" => known with
                {
                    Requests = known.Requests + new RequestCount((long)sample.Value, sample.Labels["status"] is "5xx" or "none" ? (long)sample.Value : 0),
                },
                "holdfast_gateway_instance_duration_seconds_bucket" => known with { Latencies = known.Latencies + LatencyOf(sample) },
                _ => known,
            };
        }

        return new GatewayReading(instances.ToFrozenDictionary(), openBreakers);
    }

    /// <summary>The instances that the gateway knows.</summary>
    public IEnumerable<KeyValuePair<string, InstanceReading>> All => instances;

    /// <summary>The routes whose requests the gateway turns away because nothing answers them.</summary>
    public IReadOnlyList<(string Service, string Route)> OpenBreakers { get; }

    /// <summary>What is known of the instance; null when the gateway does not know it.</summary>
    public InstanceReading? Of(string instance) => instances.GetValueOrDefault(instance);

    private static Latencies LatencyOf(PrometheusSample bucket)
    {
        var bound = bucket.Labels["le"] == "+Inf" ? double.PositiveInfinity : double.Parse(bucket.Labels["le"], CultureInfo.InvariantCulture);
        return new Latencies(ImmutableSortedDictionary<double, long>.Empty.Add(bound, (long)bucket.Value));
    }
}
