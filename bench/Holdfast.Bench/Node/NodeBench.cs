using System.Diagnostics;
using System.Globalization;
using Holdfast.Redis;
using Holdfast.TestServers;

namespace Holdfast.Bench;

/// <summary>
/// <c>holdfast node</c> beside redis-server, each on one core and redis-benchmark on the other one, with the same durability:
/// <c>written</c> beside <c>appendfsync everysec</c>, <c>synced</c> beside <c>appendfsync always</c>. Besides rates it tells the 99th
/// percentile of the time to a reply, in milliseconds, and the server's processor time for one command, in microseconds, which other
/// work on the machine disturbs least.
/// </summary>
internal sealed class NodeBench(SideBySide bench, NodeServer node, string nodeRunId, RedisServer redis, string redisRunId)
{
    private const int Core = 0;
    private const int Partition = 42;
    private const int TimeToLive = 1_800_000;

    /// <summary>
    /// How long both servers are under load before anything is measured, for each pipeline: a server runs for days, and a node compiles itself in its first seconds, beside its
    /// work and on the same core.
    /// </summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(6);

    /// <summary>What a session commit is in the least of Lua: without revisions that others can rely on, terms, limits and repeats.</summary>
    private const string LeanLua = """
        #!lua name=lean
        redis.register_function('lean_commit', function(keys, args)
          if redis.call('EXISTS', keys[2]) == 0 then
            return {err = 'REFUSED'}
          end
          local revision = redis.call('HINCRBY', keys[1], 'rev', 1)
          redis.call('HSET', keys[2], '@rev', revision, unpack(args, 2))
          redis.call('PEXPIRE', keys[2], args[1])
          return revision
        end)
        """;

    private static readonly int[] Pipelines = [1, 16, 64];
    private static readonly string Value = new('v', 64);
    private static readonly string Tag = new PartitionMap(PartitionMap.DefaultCount).TagOf(Partition);

    public static async Task RunAsync(SideBySide bench)
    {
        await RunAsync(bench, "written", "everysec", static servers => servers.CompareWrittenAsync());
        await RunAsync(bench, "synced", "always", static servers => servers.CompareSyncedAsync());
    }

    private static async Task RunAsync(SideBySide bench, string durability, string sync, Func<NodeBench, Task> compareAsync)
    {
        await using var node = await NodeServer.StartAsync(core: Core, arguments: ["--durability", durability]);
        await using var redis = await RedisServer.StartAsync(isTcp: true, core: Core, arguments: ["--appendonly", "yes", "--appendfsync", sync]);
        await FillAsync(node.TcpConnectionString);
        await FillAsync(redis.ConnectionString);
        var servers = new NodeBench(bench, node, await RunIdOfAsync("-s", node.SocketPath), redis, await RunIdOfAsync("-p", Number(redis.Port)));
        if (await redis.CommandAsync("FUNCTION", "LOAD", LeanLua) != "$4")
        {
            throw new InvalidOperationException("redis-server did not take the function.");
        }

        await compareAsync(servers);
    }

    private async Task CompareWrittenAsync()
    {
        await WarmUpAsync([1, Pipelines[^1]]);
        foreach (var pipeline in Pipelines)
        {
            await CompareAsync($"set-P{pipeline}", pipeline, ["SET", "key:__rand_int__", Value]);
            await CompareAsync($"get-P{pipeline}", pipeline, ["GET", "key:__rand_int__"]);
            await CompareCommitsAsync(pipeline);
        }
    }

    private async Task CompareSyncedAsync()
    {
        const int clients = 64;
        string[] command = ["SET", "key:__rand_int__", Value];
        await WarmUpAsync([1]);
        await CompareAsync(OnNode("set-synced-64-clients", 1, command) with { Clients = clients }, OnRedis("set-synced-64-clients", 1, command) with { Clients = clients });
        await CompareAsync(
            OnNode("commit-synced-64-clients", 1, Commit("s", nodeRunId)) with { Clients = clients },
            OnRedis("commit-synced-64-clients", 1, Commit("s", redisRunId)) with { Clients = clients });
    }

    private async Task WarmUpAsync(int[] pipelines)
    {
        foreach (var pipeline in pipelines)
        {
            string[] command = ["SET", "key:__rand_int__", Value];
            foreach (var load in (RedisLoad[])[OnNode("warm-up", pipeline, command), OnRedis("warm-up", pipeline, command)])
            {
                // The first, which tells the rate, is short. A cold server's rate makes the second one shorter than it says, so there is a third.
                for (var turn = 0; turn < 3; turn++)
                {
                    await load.MeasureAsync(WarmUp / 2);
                }
            }
        }
    }

    private Task CompareAsync(string name, int pipeline, string[] command) => CompareAsync(OnNode(name, pipeline, command), OnRedis(name, pipeline, command));

    /// <summary>A session commit by the node's Function, by the same Function in redis-server's Lua, and by a lean one.</summary>
    private Task CompareCommitsAsync(int pipeline) => CompareAsync(
        OnNode($"commit-P{pipeline}", pipeline, Commit("w", nodeRunId)),
        OnRedis($"commit-P{pipeline}", pipeline, Commit("w", redisRunId)),
        OnRedis($"lean-commit-P{pipeline}", pipeline, ["FCALL", "lean_commit", "2", $"lean:{{{Tag}}}", KeyOf("__rand_int__"), Number(TimeToLive), .. Fields()]));

    private async Task CompareAsync(RedisLoad own, params RedisLoad[] others)
    {
        await bench.RunAsync([own, .. others]);
        foreach (var other in others)
        {
            Tell("p99", own, other, SideBySide.Median(own.Slowest), SideBySide.Median(other.Slowest));
            Tell("cpu", own, other, SideBySide.Median(own.Processor), SideBySide.Median(other.Processor));
        }
    }

    private static void Tell(string what, RedisLoad own, RedisLoad other, double one, double two)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {what} {own.Name,-30} {one,12:0.000}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {what} {other.Name,-30} {two,12:0.000}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"RATIO {what}:{own.Name}:{other.Name} {one / two:0.00}"));
    }

    private RedisLoad OnNode(string name, int pipeline, string[] command) =>
        new($"node-{name}", node.Port, node.Pid, pipeline, command) { Password = NodeServer.Password };

    private RedisLoad OnRedis(string name, int pipeline, string[] command) => new($"redis-{name}", redis.Port, redis.Pid, pipeline, command);

    /// <summary>What a request does to its session (docs/wire.md): three fields set, if the session exists, and the expiry moved.</summary>
    private static string[] Commit(string durability, string run) =>
    [
        "FCALL", "hf1_commit", "4", $"hf:{{{Tag}}}:@head", $"hf:{{{Tag}}}:@journal", $"hf:{{{Tag}}}:@client:bench", KeyOf("__rand_int__"),
        run, durability, "0", "UE>SSS", Number(TimeToLive), .. Fields(),
    ];

    private static IEnumerable<string> Fields() => new[] { "user", "cart", "seen" }.SelectMany(static name => new[] { name, Value[..32] });

    private static string KeyOf(string number) => $"hf:{{{Tag}}}:{AddressOf(number)}";

    private static Address AddressOf(string number) => new("session", new PartitionMap(PartitionMap.DefaultCount).Pin(Partition, number));

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static async Task FillAsync(string connection)
    {
        await using var engine = await RedisEngine.OpenAsync(connection);
        var value = System.Text.Encoding.ASCII.GetBytes(Value[..32]);
        for (var first = 0; first < RedisLoad.Keys; first += StateLimits.MaxRecordsPerCommit)
        {
            var sessions = Enumerable.Range(first, Math.Min(StateLimits.MaxRecordsPerCommit, RedisLoad.Keys - first)).Select(number =>
                RecordChange.Update(AddressOf(number.ToString("D12", CultureInfo.InvariantCulture))).Set("user", value).Set("cart", value).Set("seen", value));
            await engine.CommitAsync(new Commit([.. sessions]) { Durability = Durability.Memory });
        }
    }

    /// <summary>The run id that a commit must name.</summary>
    private static async Task<string> RunIdOfAsync(string option, string place)
    {
        using var cli = Process.Start(new ProcessStartInfo("redis-cli", [option, place, "HGET", $"hf:{{{Tag}}}:@head", "run"])
        {
            RedirectStandardOutput = true,
        })!;
        var answer = await cli.StandardOutput.ReadToEndAsync();
        await cli.WaitForExitAsync();
        return answer.Trim();
    }
}
