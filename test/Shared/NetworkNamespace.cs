using System.Diagnostics;
using System.Globalization;

namespace Holdfast.TestServers;

/// <summary>
/// A network of its own, joined to the machine's by one cable, for a server that can then be parted from its clients by routes that
/// swallow what is sent: one way or both, and nobody is told. Needs root.
/// </summary>
internal sealed class NetworkNamespace : IAsyncDisposable
{
    private static int made;

    private readonly string name;
    private readonly string subnet;

    private NetworkNamespace(int number)
    {
        name = $"hf{Environment.ProcessId}n{number}";

        // Of 198.18.0.0/15, which is set apart for such tests (RFC 2544); one process's number and another's rarely meet.
        var block = (((Environment.ProcessId * 31) + number) & 0x7FFF) << 2;
        subnet = $"198.{18 + (block >> 16)}.{(block >> 8) & 255}";
        (Here, There) = ($"{subnet}.{(block & 252) + 1}", $"{subnet}.{(block & 252) + 2}");
    }

    /// <summary>Its name, for <c>ip netns</c>.</summary>
    public string Name => name;

    /// <summary>The machine's address as seen from inside.</summary>
    public string Here { get; }

    /// <summary>The address of what runs inside.</summary>
    public string There { get; }

    public static async Task<NetworkNamespace> MakeAsync()
    {
        var space = new NetworkNamespace(Interlocked.Increment(ref made));
        await IpAsync("netns", "add", space.name);
        try
        {
            await IpAsync("link", "add", $"{space.name}a", "type", "veth", "peer", "name", "inside", "netns", space.name);
            await IpAsync("address", "add", $"{space.Here}/30", "dev", $"{space.name}a");
            await IpAsync("link", "set", $"{space.name}a", "up");
            await IpAsync("-n", space.name, "address", "add", $"{space.There}/30", "dev", "inside");
            await IpAsync("-n", space.name, "link", "set", "inside", "up");
            await IpAsync("-n", space.name, "link", "set", "lo", "up");
        }
        catch
        {
            await space.DisposeAsync();
            throw;
        }

        return space;
    }

    /// <summary>The same start, inside.</summary>
    public ProcessStartInfo Inside(ProcessStartInfo start)
    {
        foreach (var argument in (string[])[start.FileName, name, "exec", "netns"])
        {
            start.ArgumentList.Insert(0, argument);
        }

        start.FileName = "ip";
        return start;
    }

    /// <summary>From now on what is sent into it is swallowed.</summary>
    public Task PartInwardAsync() => IpAsync("route", "add", "blackhole", $"{There}/32");

    /// <summary>From now on what is sent out of it is swallowed.</summary>
    public Task PartOutwardAsync() => IpAsync("-n", name, "route", "add", "blackhole", $"{Here}/32");

    /// <summary>Takes away whatever parts it.</summary>
    public async Task HealAsync()
    {
        await TryIpAsync("route", "del", "blackhole", $"{There}/32");
        await TryIpAsync("-n", name, "route", "del", "blackhole", $"{Here}/32");
    }

    /// <summary>Ends the network. What ran inside must have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        // The kernel ends a network that has no name any more in its own time; the cable goes at once, and with it the addresses.
        await HealAsync();
        await TryIpAsync("link", "del", $"{name}a");
        await IpAsync("netns", "del", name);
    }

    /// <summary>Runs <c>ip</c> with these arguments.</summary>
    public static async Task IpAsync(params string[] arguments)
    {
        if (await TryIpAsync(arguments) is { } complaint)
        {
            throw new InvalidOperationException($"ip {string.Join(' ', arguments)} failed, which needs root: {complaint}");
        }
    }

    /// <summary>Runs <c>ip</c> with these arguments, and tells what it says if that fails.</summary>
    public static async Task<string?> TryIpAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
        var complaint = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{process.ExitCode} {complaint}");
    }
}
