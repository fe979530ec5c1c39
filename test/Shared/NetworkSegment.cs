namespace Holdfast.TestServers;

/// <summary>Hosts on one segment: networks of their own that a bridge of this machine joins, so that an address can move from one to another. Needs root.</summary>
internal sealed class NetworkSegment : IAsyncDisposable
{
    /// <summary>What each host calls its end of the cable.</summary>
    public const string Interface = "eth0";

    /// <summary>How long the part of an address is that all of the segment have.</summary>
    public const int PrefixLength = 28;

    private const int Addresses = 1 << (32 - PrefixLength);

    // Of 198.51.100.0/24 and 203.0.113.0/24, which are set apart for examples (RFC 5737); one process's part and another's rarely are the same.
    private static readonly string Net = (Environment.ProcessId / Addresses % 2) == 0 ? "198.51.100" : "203.0.113";
    private static readonly int First = Environment.ProcessId % Addresses * Addresses;

    private readonly List<NetworkNamespace> hosts = [];
    private readonly string bridge = $"hf{Environment.ProcessId}b";

    private NetworkSegment()
    {
    }

    /// <summary>The address that no host has by itself.</summary>
    public static string Floating => Address(Addresses - 2);

    public IReadOnlyList<NetworkNamespace> Hosts => hosts;

    /// <summary>A segment with so many hosts, to which this machine belongs too. One at a time.</summary>
    public static async Task<NetworkSegment> MakeAsync(int hosts)
    {
        var segment = new NetworkSegment();
        try
        {
            await NetworkNamespace.IpAsync("link", "add", segment.bridge, "type", "bridge");
            await NetworkNamespace.IpAsync("address", "add", $"{Address(1)}/{PrefixLength}", "dev", segment.bridge);
            await NetworkNamespace.IpAsync("link", "set", segment.bridge, "up");
            for (var host = 0; host < hosts; host++)
            {
                await segment.JoinAsync(host);
            }
        }
        catch
        {
            await segment.DisposeAsync();
            throw;
        }

        return segment;
    }

    /// <summary>A host's own address.</summary>
    public static string AddressOf(int host) => Address(host + 2);

    /// <summary>Pulls a host's cable.</summary>
    public Task UnplugAsync(int host) => NetworkNamespace.IpAsync("link", "set", CableOf(host), "down");

    /// <summary>Ends the segment. What ran on its hosts must have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        for (var host = 0; host < hosts.Count; host++)
        {
            await NetworkNamespace.TryIpAsync("link", "del", CableOf(host));
            await hosts[host].DisposeAsync();
        }

        await NetworkNamespace.IpAsync("link", "del", bridge);
    }

    private static string Address(int number) => $"{Net}.{First + number}";

    private async Task JoinAsync(int host)
    {
        var network = await NetworkNamespace.MakeAsync();
        hosts.Add(network);
        await NetworkNamespace.IpAsync("link", "add", CableOf(host), "type", "veth", "peer", "name", Interface, "netns", network.Name);
        await NetworkNamespace.IpAsync("link", "set", CableOf(host), "master", bridge, "up");
        await NetworkNamespace.IpAsync("-n", network.Name, "address", "add", $"{AddressOf(host)}/{PrefixLength}", "dev", Interface);
        await NetworkNamespace.IpAsync("-n", network.Name, "link", "set", Interface, "up");
    }

    private string CableOf(int host) => $"{bridge}{host}";
}
