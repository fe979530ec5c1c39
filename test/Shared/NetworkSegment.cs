using System.Net;
using System.Net.Sockets;

namespace Holdfast.TestServers;

/// <summary>Hosts on one segment: networks of their own that a bridge of this machine joins, so that an address can move from one to another. Needs root.</summary>
internal sealed class NetworkSegment : IAsyncDisposable
{
    /// <summary>What each host calls its end of the cable.</summary>
    public const string Interface = "eth0";

    /// <summary>How long the part of an address is that all of the segment have.</summary>
    public const int PrefixLength = 28;

    private const int Addresses = 1 << (32 - PrefixLength);

    // A part of 198.51.100.0/24 and 203.0.113.0/24, which are set apart for examples (RFC 5737), and what shows other processes whose it is.
    private static readonly Lazy<(Socket Claim, string Net, int First)> Block = new(ClaimBlock);

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

    /// <summary>Puts it in again.</summary>
    public Task PlugAsync(int host) => NetworkNamespace.IpAsync("link", "set", CableOf(host), "up");

    /// <summary>From now on what a host and the others send each other is swallowed. What it and this machine do is not.</summary>
    public Task PartAsync(int host) => ForEachWayAsync(host, static (from, to) => NetworkNamespace.IpAsync("-n", from, "route", "add", "blackhole", to));

    /// <summary>Takes away whatever parts a host.</summary>
    public async Task HealAsync(int host)
    {
        await PlugAsync(host);
        await ForEachWayAsync(host, static (from, to) => NetworkNamespace.TryIpAsync("-n", from, "route", "del", "blackhole", to));
    }

    /// <summary>Ends the segment. What ran on its hosts must have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        for (var host = 0; host < hosts.Count; host++)
        {
            await NetworkNamespace.TryIpAsync("link", "del", CableOf(host));
            await hosts[host].DisposeAsync();
        }

        await NetworkNamespace.TryIpAsync("link", "del", bridge);
    }

    private async Task ForEachWayAsync(int host, Func<string, string, Task> doAsync)
    {
        for (var other = 0; other < hosts.Count; other++)
        {
            if (other != host)
            {
                await doAsync(hosts[host].Name, $"{AddressOf(other)}/32");
                await doAsync(hosts[other].Name, $"{AddressOf(host)}/32");
            }
        }
    }

    private static string Address(int number) => $"{Block.Value.Net}.{Block.Value.First + number}";

    // A name without a file is one process's until that ends, among those that have the same network.
    private static (Socket Claim, string Net, int First) ClaimBlock()
    {
        foreach (var (net, first) in ((string[])["198.51.100", "203.0.113"]).SelectMany(static net => Enumerable.Range(0, 256 / Addresses).Select(part => (net, part * Addresses))))
        {
            var claim = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                claim.Bind(new UnixDomainSocketEndPoint($"\0holdfast-segment-{net}.{first}"));
                if (!Enumerable.Range(first, Addresses).Any(number => IsOwn($"{net}.{number}")))
                {
                    return (claim, net, first);
                }
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Another process has it.
            }

            claim.Dispose();
        }

        throw new InvalidOperationException("Other processes, or networks that this machine is in already, have all addresses that there are for examples.");
    }

    // What a process that was killed left may still be there.
    private static bool IsOwn(string address)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

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
