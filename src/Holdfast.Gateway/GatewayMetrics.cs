using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Holdfast.Gateway;

/// <summary>The meter <c>Holdfast.Gateway</c>: counters by service. What is counted by route and by instance lies with these.</summary>
internal sealed class GatewayMetrics
{
    private const string ServiceTag = "service";
    private readonly Count requests;
    private readonly Count retries;
    private readonly Count waits;
    private readonly Count ejections;
    private readonly Count refusals;
    private readonly Count breakerOpenings;
    private readonly Count breakerRefusals;
    private long unrouted;

    public GatewayMetrics(IMeterFactory factory)
    {
        var meter = factory.Create("Holdfast.Gateway");
        requests = new Count(meter, "requests", "{request}", "Requests that a service's route took.");
        retries = new Count(meter, "retries", "{retry}", "Sendings of a request beyond its first.");
        waits = new Count(meter, "waits", "{wait}", "Waits for a ready instance.");
        ejections = new Count(meter, "ejections", "{ejection}", "Instances left alone for a while because they failed requests.");
        refusals = new Count(meter, "refusals", "{request}", "Requests turned away with 503 because the service had enough.");
        breakerOpenings = new Count(meter, "breaker_openings", "{opening}", "Times that a route's breaker opened.");
        breakerRefusals = new Count(meter, "breaker_refusals", "{request}", "Requests turned away with 503 because a route's breaker was open.");
    }

    /// <summary>Every counter: its name, what it counts, and the values by service.</summary>
    public IEnumerable<(string Name, string Help, IEnumerable<KeyValuePair<string, long>> Values)> Counts =>
        new[] { requests, retries, waits, ejections, refusals, breakerOpenings, breakerRefusals }.Select(static count => (count.Name, count.Help, count.Values));

    /// <summary>Requests that no service took.</summary>
    public long Unrouted => Volatile.Read(ref unrouted);

    public void Requested(string service) => requests.Add(service);

    public void Retried(string service) => retries.Add(service);

    public void Waited(string service) => waits.Add(service);

    public void Ejected(string service) => ejections.Add(service);

    public void Refused(string service) => refusals.Add(service);

    public void BreakerOpened(string service) => breakerOpenings.Add(service);

    public void BreakerRefused(string service) => breakerRefusals.Add(service);

    public void FoundNoRoute() => Interlocked.Increment(ref unrouted);

    /// <summary>A counter that can also be read.</summary>
    private sealed class Count
    {
        private readonly ConcurrentDictionary<string, long[]> cells = new();

        public Count(Meter meter, string name, string unit, string help)
        {
            (Name, Help) = (name, help);
            meter.CreateObservableCounter(
                $"holdfast.gateway.{name}",
                () => Values.Select(static pair => new Measurement<long>(pair.Value, new KeyValuePair<string, object?>(ServiceTag, pair.Key))),
                unit, help);
        }

        public string Name { get; }

        public string Help { get; }

        public IEnumerable<KeyValuePair<string, long>> Values =>
            cells.Select(static pair => KeyValuePair.Create(pair.Key, Volatile.Read(ref pair.Value[0])));

        public void Add(string service) => Interlocked.Increment(ref cells.GetOrAdd(service, static _ => [0])[0]);
    }
}
