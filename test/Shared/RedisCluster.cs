using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Holdfast.TestServers;

/// <summary>
/// A Redis Cluster of six: three primaries, and a replica for each; all on this machine, or one primary on a host and all the others on
/// another, so that it can be parted from them.
/// </summary>
internal sealed class RedisCluster : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    public const int Slots = 16384;

    private const int Nodes = 6;
    private const int NodeTimeout = 20_000;

    private readonly List<RedisServer> servers = [];
    private readonly TestAuthority? tls;

    private RedisCluster(TestAuthority? tls) => this.tls = tls;

    public string ConnectionString => tls is null
        ? $"redis://{string.Join(',', servers.Select(static server => $"{server.Host}:{server.Port}"))}"
        : $"rediss://{string.Join(',', servers.Select(server => $"{tls.ServerName}:{server.Port}"))}";

    public IReadOnlyList<RedisServer> Servers => servers;

    /// <summary>The server that can't be asked now, as it is parted from this machine.</summary>
    public RedisServer? Away { get; set; }

    /// <summary>Starts six servers, has redis-cli make a cluster of them, and waits until all agree on it.</summary>
    /// <param name="segment">Two hosts: the first one's server becomes a primary, and all others run on the second. Null for the machine itself.</param>
    /// <param name="tls">Whose files they all serve TLS with, to each other too; null for none.</param>
    /// <param name="announced">The name or address by which they tell clients of each other with TLS, if not the one that the certificate is for.</param>
    /// <param name="isDurable">With append-only files that are written before each answer.</param>
    public static async Task<RedisCluster> StartAsync(NetworkSegment? segment = null, TestAuthority? tls = null, string? announced = null, bool isDurable = false)
    {
        var cluster = new RedisCluster(tls);
        try
        {
            for (var i = 0; i < Nodes; i++)
            {
                var host = Math.Min(i, 1);
                cluster.servers.Add(await RedisServer.StartAsync(
                    isTcp: true, isDurable: isDurable, tls: tls, network: segment?.Hosts[host], address: segment is null ? null : NetworkSegment.AddressOf(host),
                    arguments: cluster.Arguments(segment is not null, announced ?? tls?.ServerName)));
            }

            string[] encryption = tls is null ? [] : ["--tls", "--cacert", tls.File];
            await CliAsync([.. encryption, "--cluster", "create", .. cluster.servers.Select(static server => $"{server.Host}:{server.Port}"), "--cluster-replicas", "1", "--cluster-yes"]);
            await cluster.UntilWholeAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The cluster's nodes as the first server that can be asked tells them: server, id, whether it is a primary, and its slots.</summary>
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
        await SetTimeoutAsync(NodeTimeout);
    }

    /// <summary>Failovers of all primaries, which lose what those acknowledge while something happens. Returns once all are whole again.</summary>
    public async Task LoseAsync(Func<Task> happening)
    {
        var primaries = (await NodesAsync()).Where(static node => node.IsPrimary).Select(static node => node.Server).ToList();
        var replicas = await Task.WhenAll(primaries.Select(ReplicaOfAsync));
        await Task.WhenAll(replicas.Select(static replica => replica.DeafenAsync()));
        await happening();
        foreach (var primary in primaries)
        {
            await FailOverAsync(primary);
        }

        await Task.WhenAll(replicas.Select(static replica => replica.UndeafenAsync()));
        await MendAsync();
    }

    /// <summary>kill -9 of all six.</summary>
    public Task KillAsync() => Task.WhenAll(servers.Select(static server => server.KillAsync()));

    /// <summary>From now on the nodes believe what so many milliseconds of silence say; and what 20 s say again for null.</summary>
    public Task BelieveAsync(int? silence) => SetTimeoutAsync(silence ?? NodeTimeout);

    /// <summary>
    /// Waits until a server that was replaced is a replica, and makes it a primary again. Whoever is a replica then was never elected as the
    /// process that it is: one whose primary fails within twice the node timeout of its last election counts the votes of that again (so Redis
    /// 7.0, clusterHandleSlaveFailover). It calls itself a primary at once, with an old epoch, nobody else agrees, and when the network is whole
    /// again it follows the one that it was to replace. After that time, and until twice as long, it stands for no election at all.
    /// </summary>
    public async Task ReinstateAsync(RedisServer server)
    {
        await server.UntilAsync("master_link_status:up", "INFO", "replication");
        await RenewAsync(server);
        await ElectAsync(server);
        await RenewAsync(await ReplicaOfAsync(server));
    }

    /// <summary>A primary's replica. The server that is asked may hear only now that a node has changed its primary.</summary>
    public async Task<RedisServer> ReplicaOfAsync(RedisServer primary)
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
            await RequireAsync(from, ["MIGRATE", to.Host, $"{to.Port}", "", "0", "60000", "KEYS", .. keys]);
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

    private string[] Arguments(bool isSpread, string? announced)
    {
        List<string> all =
        [
            "--cluster-enabled", "yes", "--cluster-port", RedisServer.AnotherPort, "--cluster-node-timeout", $"{NodeTimeout}", "--repl-diskless-sync-delay", "0",
            "--cluster-replica-validity-factor", "0",
        ];
        if (isSpread)
        {
            // What was parted is noticed soon, and not after a minute.
            all.AddRange(["--repl-timeout", "5", "--repl-ping-replica-period", "1"]);
        }

        if (tls is not null)
        {
            all.AddRange(["--tls-cluster", "yes", "--tls-replication", "yes", "--tls-auth-clients", "no"]);
            if (!IPAddress.TryParse(announced, out _))
            {
                all.AddRange(["--cluster-announce-hostname", announced!, "--cluster-preferred-endpoint-type", "hostname"]);
            }
        }

        return [.. all];
    }

    private IEnumerable<RedisServer> Running => servers.Where(server => server.IsRunning && server != Away);

    private async Task SetTimeoutAsync(int milliseconds)
    {
        foreach (var server in Running)
        {
            await RequireAsync(server, "CONFIG", "SET", "cluster-node-timeout", $"{milliseconds}");
        }
    }

    /// <summary>Has a replica take its primary's place, and loses nothing.</summary>
    private async Task ElectAsync(RedisServer server)
    {
        // An election that fails, as where the others voted a moment ago, is repeated after four times this, and not after 80 seconds.
        await RequireAsync(server, "CONFIG", "SET", "cluster-node-timeout", "2000");
        var asked = Stopwatch.StartNew();
        for (var next = TimeSpan.Zero; !(await server.AskAsync("INFO", "replication")).Contains("role:master", StringComparison.Ordinal);)
        {
            if (asked.Elapsed > Patience)
            {
                throw new InvalidOperationException($"The server on port {server.Port} does not become a primary again.");
            }

            // One that does not succeed is given up after five seconds, and nobody tells.
            if (asked.Elapsed >= next)
            {
                next = asked.Elapsed + TimeSpan.FromSeconds(10);
                await RequireAsync(server, "CLUSTER", "FAILOVER");
            }

            await Task.Delay(50);
        }

        await RequireAsync(server, "CONFIG", "SET", "cluster-node-timeout", $"{NodeTimeout}");
        await UntilWholeAsync();
    }

    /// <summary>Makes another process of a replica, and waits until that has what its primary has.</summary>
    private async Task RenewAsync(RedisServer replica)
    {
        await replica.KillAsync();
        await replica.RestartAsync();
        await replica.UntilAsync("master_link_status:up", "INFO", "replication");
        await UntilWholeAsync();
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

    // Every server says that all slots are covered, has a link to every other (votes get lost without one) and takes none for dead (a replica
    // would try to replace a new primary at once); and every replica has what its primary has.
    private async Task UntilWholeAsync()
    {
        foreach (var server in servers)
        {
            await server.UntilAsync("cluster_state:ok", "CLUSTER", "INFO");
            await UntilAsync(async () => HearsAll(await server.AskAsync("CLUSTER", "NODES")), "servers that all hear of each other");
        }

        foreach (var node in (await NodesAsync()).Where(static node => !node.IsPrimary))
        {
            await node.Server.UntilAsync("master_link_status:up", "INFO", "replication");
        }

        await UntilAsync(async () => (await NodesAsync()).Count(static node => node.IsPrimary) == 3, "three primaries");
    }

    private static bool HearsAll(string nodes) => !nodes.Contains("disconnected", StringComparison.Ordinal) && !nodes.Contains("fail", StringComparison.Ordinal);

    private static async Task UntilAsync(Func<Task<bool>> isSoAsync, string what)
    {
        var deadline = Stopwatch.StartNew();
        while (!await isSoAsync())
        {
            if (deadline.Elapsed > Patience)
            {
                throw new InvalidOperationException($"The cluster does not come to have {what}.");
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
