using System.Globalization;
using Holdfast.TestServers;

namespace Holdfast.Bench;

/// <summary>
/// The gateway as it ships, with its access log and everything else on, beside nginx and HAProxy as Debian has them, with theirs: the same
/// backend behind each, the same clients before it, in turns. Clients, proxy and backend share the machine.
/// </summary>
internal sealed class GatewayBench(IReadOnlyList<Proxy> proxies)
{
    private const int Clients = 32;
    private const int WarmUps = 3;
    private const int Rounds = 7;
    private const int IdleConnections = 9_000;
    private static readonly TimeSpan Idleness = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(2);

    public static async Task RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("holdfast-gateway-bench-").FullName;
        await using var backend = await StaticBackend.StartAsync(folder);
        await using var nginx = await PeerProxy.NginxAsync(backend.Url, logs: true, workers: 2);
        await using var haproxy = await PeerProxy.HaproxyAsync(backend.Url, logs: true);
        await using var gateway = await GatewayUnderTest.StartAsync(folder, backend.Url);
        Proxy[] all = [new("nginx", nginx.Url, nginx.Pid), new("haproxy", haproxy.Url, haproxy.Pid), new("gateway", gateway.Url, gateway.Pid)];
        var bench = new GatewayBench(all);
        var direct = new Proxy("direct", backend.Url, backend.Pid);

        await bench.CompareAddedAsync([direct, .. all]);
        await bench.CompareAsync("small", "/small", [direct, .. all]);
        await bench.CompareAsync("100kB", "/large", all);
        await bench.CompareIdleAsync();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>What each proxy adds to the time of half of the answers, for a client that asks for one thing after the other.</summary>
    private async Task CompareAddedAsync(Proxy[] measured)
    {
        var results = await MeasureAsync("/small", clients: 1, measured);
        foreach (var proxy in proxies)
        {
            double[] added = [.. results[proxy.Name].Zip(results["direct"], static (through, direct) => through.P50Micros - direct.P50Micros).Order()];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"one client {proxy.Name}: p50 {added[added.Length / 2]:0} us more than without"));
        }

        Ratio("one-client-rate gateway:nginx", results["gateway"], results["nginx"], static one => one.Rate);
    }

    /// <summary>The gateway's ratios to the other proxies.</summary>
    private async Task CompareAsync(string what, string path, Proxy[] measured)
    {
        var results = await MeasureAsync(path, Clients, measured);
        foreach (var (name, all) in results)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{what} {name}: {Median(all, static one => one.Rate):0}/s, p50 {Median(all, static one => one.P50Micros):0} us, p99 {Median(all, static one => one.P99Micros):0} us, processor {Median(all, static one => one.CpuMicros):0.0} us a request"));
        }

        foreach (var other in proxies.Where(static proxy => proxy.Name != "gateway"))
        {
            Ratio($"{what}-rate gateway:{other.Name}", results["gateway"], results[other.Name], static one => one.Rate);
            Ratio($"{what}-p99 gateway:{other.Name}", results["gateway"], results[other.Name], static one => one.P99Micros);
            Ratio($"{what}-cpu gateway:{other.Name}", results["gateway"], results[other.Name], static one => one.CpuMicros);
        }
    }

    /// <summary>All in turns, with the order changing.</summary>
    private static async Task<Dictionary<string, List<WrkResult>>> MeasureAsync(string path, int clients, Proxy[] measured)
    {
        var results = measured.ToDictionary(static proxy => proxy.Name, static _ => new List<WrkResult>());
        for (var round = -WarmUps; round < Rounds; round++)
        {
            for (var i = 0; i < measured.Length; i++)
            {
                var proxy = measured[(i + round + WarmUps) % measured.Length];
                var result = await WrkResult.MeasureAsync(proxy, path, clients, Slice);
                if (round >= 0)
                {
                    results[proxy.Name].Add(result);
                }
            }
        }

        return results;
    }

    private async Task CompareIdleAsync()
    {
        var sizes = new Dictionary<string, double>();
        foreach (var proxy in proxies)
        {
            var before = proxy.ResidentMebibytes();
            await using var idle = await IdleCrowd.ConnectAsync(proxy.Url, IdleConnections);
            await Task.Delay(Idleness);
            sizes[proxy.Name] = proxy.ResidentMebibytes();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"idle {proxy.Name}: {before:0} MiB, with {idle.Count} connections {sizes[proxy.Name]:0} MiB"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"RATIO idle-memory gateway:nginx {sizes["gateway"] / sizes["nginx"]:0.00}"));
    }

    private static void Ratio(string name, List<WrkResult> one, List<WrkResult> other, Func<WrkResult, double> value)
    {
        double[] ratios = [.. one.Zip(other, (first, second) => value(first) / value(second)).Order()];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"RATIO {name} {ratios[ratios.Length / 2]:0.00}"));
    }

    private static double Median(List<WrkResult> all, Func<WrkResult, double> value) => all.Select(value).Order().ElementAt(all.Count / 2);
}
