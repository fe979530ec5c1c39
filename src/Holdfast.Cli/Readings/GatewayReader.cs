using Holdfast.Cli.Supervision;

namespace Holdfast.Cli.Readings;

/// <summary>Asks the topology's gateways, on their admin ports, what they have counted.</summary>
internal sealed class GatewayReader(Func<IReadOnlyList<GatewayProcess>> gateways) : IDisposable
{
    /// <summary>How long a gateway may take to answer.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private readonly HttpClient client = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { Timeout = Timeout };

    /// <summary>A reading for each gateway that runs, as it may take requests or finish some; null for one that does not answer.</summary>
    public async Task<IReadOnlyList<GatewayReading?>> ReadAsync(CancellationToken cancellationToken) =>
        await Task.WhenAll(gateways().Select(static gateway => gateway.Metrics).OfType<Uri>().Select(url => ReadAsync(url, cancellationToken)));

    /// <summary>Whether a gateway says that it has read the registry.</summary>
    public async Task<bool> IsReadyAsync(GatewayProcess gateway, CancellationToken cancellationToken)
    {
        if (gateway.Readiness is not { } url)
        {
            return false;
        }

        try
        {
            using var answer = await client.GetAsync(url, cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>What all gateways together counted of some instances.</summary>
    public static RequestCount Count(IEnumerable<GatewayReading?> readings, IReadOnlyCollection<string> instances) =>
        readings.OfType<GatewayReading>()
            .SelectMany(reading => instances.Select(reading.Of)).OfType<InstanceReading>()
            .Aggregate(default(RequestCount), static (sum, instance) => sum + instance.Requests);

    /// <summary>A service's routes whose breaker is open at one gateway or more, in order.</summary>
    public static IReadOnlyList<string> OpenBreakers(IEnumerable<GatewayReading?> readings, string service) =>
        [.. readings.OfType<GatewayReading>().SelectMany(static reading => reading.OpenBreakers)
            .Where(open => open.Service == service).Select(static open => open.Route).Distinct().Order(StringComparer.Ordinal)];

    public void Dispose() => client.Dispose();

    private async Task<GatewayReading?> ReadAsync(Uri url, CancellationToken cancellationToken)
    {
        try
        {
            return GatewayReading.Parse(await client.GetStringAsync(url, cancellationToken));
        }
        catch (HttpRequestException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
