using System.Net;
using System.Text.RegularExpressions;
using Holdfast.TestServers;

namespace Holdfast.Gateway.Tests;

/// <summary>Two gateways on two hosts behind one address, kept by keepalived as docs/gateway.md says.</summary>
public sealed partial class TwoHostsTests : IAsyncLifetime
{
    private const int Hosts = 2;

    /// <summary>A gateway that is asked each second whether it is well, and has a second to answer, may seem not to be on a busy machine.</summary>
    private const int Tries = 3;
    private const int GatewayPort = 80;
    private const int AdminPort = 9090;
    private const int BackendPort = 8000;

    private readonly string folder = Directory.CreateTempSubdirectory("holdfast-hosts-").FullName;
    private readonly List<IAsyncDisposable> running = [];
    private readonly HoldfastTool[] gateways = new HoldfastTool[Hosts];
    private NetworkSegment segment = null!;
    private Rig rig = null!;

    public async ValueTask InitializeAsync()
    {
        segment = await NetworkSegment.MakeAsync(Hosts);

        // The store's socket is a file, and so the same on both hosts; what listens on a loopback port is each host's own.
        rig = await Rig.StartAsync(instances: 0);
        await rig.RegisterAsync("shop-1", new Uri($"http://127.0.0.1:{BackendPort}"));
        for (var host = 0; host < Hosts; host++)
        {
            running.Add(await BackendProcess.StartAsync($"host-{host}", BackendPort, segment.Hosts[host]));
            await StartGatewayAsync(host);
            running.Add(await StartKeepalivedAsync(host));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in running.AsEnumerable().Reverse().Concat(gateways))
        {
            await process.DisposeAsync();
        }

        await rig.DisposeAsync();
        await segment.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task The_address_moves_when_a_gateway_dies_and_when_a_host_does()
    {
        int first;
        int second;
        bool stays;
        var tries = 0;
        do
        {
            first = await HolderAsync(static _ => true);
            gateways[first].Signal("KILL");
            second = await HolderAsync(host => host != first);

            // The gateway comes back, and the address stays: moving it once more would cost who has a connection.
            await StartGatewayAsync(first);
            stays = await StaysAsync(second);
        }
        while (!stays && ++tries < Tries);

        Assert.True(stays, "The address moved though the gateway that had it was well.");

        await segment.UnplugAsync(second);
        Assert.Equal(first, await HolderAsync(host => host != second));
    }

    private async Task<bool> StaysAsync(int holder)
    {
        var answers = 0;
        while (answers < 20 && await HolderAsync(static _ => true) == holder)
        {
            answers++;
        }

        return answers == 20;
    }

    [Fact]
    public async Task A_gateway_that_drains_gives_the_address_away()
    {
        var first = await HolderAsync(static _ => true);
        gateways[first].Signal("TERM");
        await HolderAsync(host => host != first);
        Assert.Equal(0, await gateways[first].EndAsync());
    }

    /// <summary>The configuration that the page shows for the first of two hosts.</summary>
    private static string Recipe()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "gateway.md"));
        return Block().Match(page) is { Success: true } block ? block.Groups[1].Value : throw new InvalidOperationException("docs/gateway.md shows no keepalived.conf.");
    }

    private async Task StartGatewayAsync(int host)
    {
        gateways[host] = HoldfastTool.StartInside(
            segment.Hosts[host], folder, "gateway", "--host", "0.0.0.0", "--port", $"{GatewayPort}", "--admin-port", $"{AdminPort}", "--state", rig.Store.ConnectionString);
        await gateways[host].SeeAsync("ready on");
    }

    private async Task<KeepalivedProcess> StartKeepalivedAsync(int host)
    {
        var (own, other) = (NetworkSegment.AddressOf(host), NetworkSegment.AddressOf(1 - host));
        var configuration = Recipe()
            .Replace("192.0.2.11", own, StringComparison.Ordinal)
            .Replace("192.0.2.12", other, StringComparison.Ordinal)
            .Replace("192.0.2.10/24", $"{NetworkSegment.Floating}/{NetworkSegment.PrefixLength}", StringComparison.Ordinal);
        Assert.DoesNotContain("192.0.2", configuration, StringComparison.Ordinal);
        var file = Path.Combine(folder, $"keepalived-{host}.conf");
        await File.WriteAllTextAsync(file, configuration);
        return new KeepalivedProcess(segment.Hosts[host], file);
    }

    /// <summary>Who answers at the address once it is as wanted.</summary>
    private static async Task<int> HolderAsync(Func<int, bool> isWanted)
    {
        int? holder = null;
        await Eventually.HoldsAsync(async () => (holder = await AskAsync()) is { } host && isWanted(host));
        return holder!.Value;
    }

    /// <summary>Who answers at the address; null when nobody does, for now.</summary>
    private static async Task<int?> AskAsync()
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://{NetworkSegment.Floating}:{GatewayPort}"), Timeout = TimeSpan.FromSeconds(2) };
        try
        {
            using var response = await client.GetAsync("/");
            return response.StatusCode == HttpStatusCode.OK ? int.Parse(response.Headers.GetValues("X-Instance").Single()["host-".Length..], System.Globalization.CultureInfo.InvariantCulture) : null;
        }
        catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    [GeneratedRegex("```\n(# keepalived.conf.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
