using System.Diagnostics;
using System.Globalization;

namespace Holdfast.TestServers;

/// <summary>A Redis Cluster of six: three primaries, and a replica for each.</summary>
internal sealed class RedisCluster : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly List<RedisServer> servers = [];

    public string ConnectionString => $"redis://{string.Join(',', servers.Select(static server => $"127.0.0.1:{server.Port}"))}";

    public IReadOnlyList<RedisServer> Servers => servers;

    /// <summary>Starts six servers, has redis-cli make a cluster of them, and waits until all agree on it.</summary>
    public static async Task<RedisCluster> StartAsync()
    {
        var cluster = new RedisCluster();
        for (var i = 0; i < 6; i++)
        {
            cluster.servers.Add(await RedisServer.StartAsync(isTcp: true, arguments:
            [
                "--cluster-enabled", "yes", "--cluster-port", RedisServer.AnotherPort, "--cluster-node-timeout", "20000", "--repl-diskless-sync-delay", "0",
                "--cluster-replica-validity-factor", "0",
            ]));
        }

        await CliAsync(["--cluster", "create", .. cluster.servers.Select(static server => $"127.0.0.1:{server.Port}"), "--cluster-replicas", "1", "--cluster-yes"]);
        await cluster.UntilWholeAsync();
        return cluster;
    }

    /// <summary>The cluster's nodes as the first server that runs tells them: server, id, whether it is a primary, and its slots.</summary>
    public async Task<IReadOnlyList<(RedisServer Server, string Id, bool IsPrimary, string PrimaryId, string Slots)>> NodesAsync()
    {
        var text = await Running.First().AskAsync("CLUSTER", "NODES");
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line =>
        {
            var parts = line.Trim().Split(' ');
            var port = int.Parse(parts[1].Split('@')[0].Split(':')[^1], CultureInfo.InvariantCulture);
            return (servers.Single(server => server.Port == port), parts[0], parts[2].Contains("master", StringComparison.Ordinal), parts[3], string.Join(' ', parts.Skip(8)));
        })];
    }

    /// <summary>Which primary has the slot.</summary>
    public async Task<RedisServer> PrimaryOfAsync(int slot) => (await NodesAsync()).Single(node => node.IsPrimary && Has(node.Slots, slot)).Server;

    /// <summary>kill -9 of a primary. Its replica takes over, as soon as it is told to or the others find out.</summary>
    /// <param name="primary">Whom.</param>
    /// <param name="isTold">
    /// Whether the replica is told, so that nobody need wait. Otherwise the nodes believe for this once what two seconds of silence say: on
    /// a busy machine those that live are silent too.
    /// </param>
    public async Task FailOverAsync(RedisServer primary, bool isTold = true)
    {
        var replica = await ReplicaOfAsync(primary);
        await primary.KillAsync();
        if (isTold)
        {
            await replica.UntilAsync("+OK", "CLUSTER", "FAILOVER", "TAKEOVER");
            await replica.UntilAsync("role:master", "INFO", "replication");
            return;
        }

        await SetTimeoutAsync(2000);
        await replica.UntilAsync("role:master", "INFO", "replication");
        await SetTimeoutAsync(20_000);
    }

    /// <summary>Starts what was killed; they become replicas of who took over. Waits until all is well.</summary>
    public async Task MendAsync()
    {
        foreach (var server in servers.Where(static server => !server.IsRunning))
        {
            await server.RestartAsync();
        }

        await UntilWholeAsync();
    }

    /// <summary>Moves a slot to another primary, key by key, as operators do it.</summary>
    public async Task MoveSlotAsync(int slot, RedisServer to)
    {
        var from = await PrimaryOfAsync(slot);
        var nodes = await NodesAsync();
        var (fromId, toId) = (nodes.Single(node => node.Server == from).Id, nodes.Single(node => node.Server == to).Id);
        await RequireAsync(to, "CLUSTER", "SETSLOT", $"{slot}", "IMPORTING", fromId);
        await RequireAsync(from, "CLUSTER", "SETSLOT", $"{slot}", "MIGRATING", toId);
        while (await from.KeysInSlotAsync(slot, 10) is { Count: > 0 } keys)
        {
            await RequireAsync(from, ["MIGRATE", "127.0.0.1", $"{to.Port}", "", "0", "60000", "KEYS", .. keys]);
        }

        await RequireAsync(to, "CLUSTER", "SETSLOT", $"{slot}", "NODE", toId);
        await RequireAsync(from, "CLUSTER", "SETSLOT", $"{slot}", "NODE", toId);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in servers)
        {
            await server.DisposeAsync();
        }
    }

    private IEnumerable<RedisServer> Running => servers.Where(static server => server.IsRunning);

    // The server that is asked may hear only now that a node has changed its primary.
    private async Task<RedisServer> ReplicaOfAsync(RedisServer primary)
    {
        var deadline = Stopwatch.StartNew();
        while (true)
        {
            var nodes = await NodesAsync();
            var id = nodes.Single(node => node.Server == primary).Id;
            if (nodes.FirstOrDefault(node => node.PrimaryId == id && node.Server.IsRunning).Server is { } replica)
            {
                return replica;
            }

            if (deadline.Elapsed > Patience)
            {
                throw new InvalidOperationException($"The primary on port {primary.Port} does not come to have a replica.");
            }

            await Task.Delay(50);
        }
    }

    private async Task SetTimeoutAsync(int milliseconds)
    {
        foreach (var server in Running)
        {
            await RequireAsync(server, "CONFIG", "SET", "cluster-node-timeout", $"{milliseconds}");
        }
    }

    private static bool Has(string slots, int slot) => slots.Split(' ').Any(range =>
    {
        var ends = range.Split('-');
        return !range.StartsWith('[') && range.Length > 0 && int.Parse(ends[0], CultureInfo.InvariantCulture) <= slot && slot <= int.Parse(ends[^1], CultureInfo.InvariantCulture);
    });

    private static async Task RequireAsync(RedisServer server, params string[] command)
    {
        var answer = await server.CommandAsync(command);
        if (answer is not ("+OK" or "+NOKEY"))
        {
            throw new InvalidOperationException($"{string.Join(' ', command.Take(4))} answered {answer}");
        }
    }

    // Every server says that all slots are covered, and every replica has what its primary has.
    private async Task UntilWholeAsync()
    {
        foreach (var server in servers)
        {
            await server.UntilAsync("cluster_state:ok", "CLUSTER", "INFO");
        }

        foreach (var node in (await NodesAsync()).Where(static node => !node.IsPrimary))
        {
            await node.Server.UntilAsync("master_link_status:up", "INFO", "replication");
        }

        var deadline = Stopwatch.StartNew();
        while ((await NodesAsync()).Count(static node => node.IsPrimary) != 3)
        {
            if (deadline.Elapsed > Patience)
            {
                throw new InvalidOperationException("The cluster does not come to have three primaries.");
            }

            await Task.Delay(50);
        }
    }

    private static async Task CliAsync(string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("redis-cli", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"redis-cli {string.Join(' ', arguments)} ended with {process.ExitCode}: {output}{await errors}");
        }
    }
}
