using Holdfast.Cli.Readings;
using Holdfast.Cli.Supervision;

namespace Holdfast.Cli.Live;

/// <summary>Turns what gateways count into what happens now: over the last <see cref="Window"/>.</summary>
internal sealed class LiveSampler(TimeProvider clock)
{
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    private static readonly InstanceReading Nothing = new();
    private readonly Queue<(long At, IReadOnlyDictionary<string, InstanceReading> Instances)> moments = new();
    private IReadOnlyCollection<GatewayReading> latest = [];

    /// <summary>Takes what all gateways tell now.</summary>
    public void Take(IReadOnlyCollection<GatewayReading> readings)
    {
        latest = readings;
        var instances = readings.SelectMany(static reading => reading.All).GroupBy(static pair => pair.Key)
            .ToDictionary(static group => group.Key, static group => group.Aggregate(Nothing, static (sum, pair) => sum + pair.Value));
        var now = clock.GetTimestamp();
        moments.Enqueue((now, instances));
        while (moments.Count > 2 && clock.GetElapsedTime(moments.Peek().At, now) > Window)
        {
            moments.Dequeue();
        }
    }

    /// <summary>The rows of a service: its sum, and its instances below it.</summary>
    public IEnumerable<LiveRow> RowsOf(Service service)
    {
        var instances = service.Instances.All;
        var ready = instances.Count(static instance => instance.State == InstanceState.Ready);
        var broken = GatewayReader.OpenBreakers(latest, service.Name);
        var sum = new LiveRow(service.Name, $"{ready}/{instances.Count} ready")
        {
            IsSum = true,
            IsTrouble = ready == 0 || broken.Count > 0,
            Note = broken.Count > 0 ? $"breaker open: {string.Join(", ", broken)}" : "",
        };
        yield return Measure(
            sum,
            [.. instances.Select(static instance => instance.Name)]);
        foreach (var instance in instances)
        {
            var row = new LiveRow($"  {instance.Name}", $"{instance.State}".ToLowerInvariant())
            {
                IsTrouble = instance.Problem is not null || instance.State == InstanceState.Failed,
                Note = instance.Problem ?? instance.Url?.GetLeftPart(UriPartial.Authority) ?? "",
            };
            yield return Measure(row, [instance.Name]);
        }
    }

    private LiveRow Measure(LiveRow row, string[] names)
    {
        if (moments.Count < 2)
        {
            return row;
        }

        var (first, last) = (moments.Peek(), moments.Last());
        var seconds = clock.GetElapsedTime(first.At, last.At).TotalSeconds;
        var (before, now) = (Sum(first.Instances, names), Sum(last.Instances, names));
        var requests = now.Requests.Since(before.Requests);
        return row with
        {
            Requests = requests.All / seconds,
            Failures = requests.Failed / seconds,
            Slowest = now.Latencies.Since(before.Latencies).Quantile(0.99),
            InFlight = now.InFlight,
        };
    }

    private static InstanceReading Sum(IReadOnlyDictionary<string, InstanceReading> instances, string[] names) =>
        names.Select(instances.GetValueOrDefault).OfType<InstanceReading>().Aggregate(Nothing, static (sum, reading) => sum + reading);
}
