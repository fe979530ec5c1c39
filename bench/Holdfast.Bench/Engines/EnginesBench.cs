using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Holdfast.Redis;
using Holdfast.TestServers;

namespace Holdfast.Bench;

/// <summary>The Redis engine beside what its server can do for others: the client beside redis-benchmark, the near cache on and off, the Function beside the leanest one.</summary>
internal static partial class EnginesBench
{
    public const string Key = "bench:key";

    private const string LeanLibrary = """
        #!lua name=benchlean
        redis.register_function('lean_commit', function(keys, args)
          local call = redis.call
          local run = call('HGET', keys[1], 'run')
          if run ~= args[1] then return redis.error_reply('TERM') end
          local seen = call('HGET', keys[2], args[2])
          if seen == args[3] then return 'replay' end
          local birth = call('HGET', keys[3], '@born')
          local revision = call('HINCRBY', keys[1], 'rev', 1)
          call('HSET', keys[3], '@rev', revision, '@born', birth or revision, args[4], args[5])
          call('PEXPIRE', keys[3], args[6])
          call('HSET', keys[2], args[2], args[3])
          call('PEXPIRE', keys[2], 600000)
          return { revision, birth, call('PTTL', keys[3]), call('HGETALL', keys[3]) }
        end)
        """;

    private const int LargeFieldBytes = 5000;

    private static readonly StateEngineOptions WithoutNearCache = new() { NearCacheMaxBytes = 0 };

    public static async Task RunAsync(SideBySide bench)
    {
        await using var server = await RedisServer.StartAsync();
        await server.CommandAsync("SET", Key, "xxx");
        await ClientAsync(bench, server);
        await SmallReadAsync(bench, server);
        await NearCacheAsync(bench, server);
        await HitAsync(server);
        await FunctionAsync(server);
    }

    private static async Task ClientAsync(SideBySide bench, RedisServer server)
    {
        var options = WithoutNearCache;
        var view = new StoreView(options, new PartitionMap(options.PartitionCount), "bench");
        await using var routes = await StoreProbe.OpenAsync(RedisAddress.Parse(server.ConnectionString), view, new SignalTable(), options, CancellationToken.None);
        var pool = new CallPool<GetCall>();
        await bench.RunAsync(
            new Operation("resp3-client-64-callers", 64, [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))] async ValueTask (int _, long _) =>
            {
                var call = GetCall.Of(pool);
                routes.Submit(call);
                await call.Completion;
                call.EndWait();
            }),
            new RedisBenchmark("redis-benchmark-c64-P1", server, 64, 1),
            new RedisBenchmark("redis-benchmark-c1-P64", server, 1, 64));
    }

    // What a small record costs whoever reads it through the engine, the record itself included.
    private static async Task SmallReadAsync(SideBySide bench, RedisServer server)
    {
        await using var engine = await RedisEngine.OpenAsync(server.ConnectionString, WithoutNearCache);
        var small = new Address("bench", "small");
        await engine.CommitAsync(new Commit(RecordChange.Update(small).Set("v", "xxx")));
        Operation Reads(int callers) => new(
            $"small-record-{callers}-callers", callers,
            [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))] async ValueTask (int _, long _) => await engine.ReadAsync(small));
        await bench.RunAsync(Reads(64), Reads(1));
    }

    private static async Task NearCacheAsync(SideBySide bench, RedisServer server)
    {
        await using var with = await RedisEngine.OpenAsync(server.ConnectionString);
        await using var without = await RedisEngine.OpenAsync(server.ConnectionString, WithoutNearCache);
        var (near, far) = (new Workload(with), new Workload(without));
        await near.FillAsync();
        await bench.RunAsync(near.Reads("near-cache-on", 64, Freshness.Pushed), far.Reads("near-cache-off", 64, Freshness.Pushed));
    }

    // The processor's time for a hit, on one thread, which other work on the machine does not count towards.
    private static async Task HitAsync(RedisServer server)
    {
        const int Hits = 2_000_000;
        await using var engine = await RedisEngine.OpenAsync(server.ConnectionString);
        var session = new Address("session", engine.Partitions.Pin(42, "a-session-of-twenty-two"));
        var made = await engine.CommitAsync(new Commit(RecordChange.Update(session).Set("a", "1")));
        var freshness = Freshness.AtLeast(made.At);
        for (var round = 0; round < 5; round++)
        {
            using var process = Process.GetCurrentProcess();
            var before = process.TotalProcessorTime;
            for (var i = 0; i < Hits; i++)
            {
                await engine.ReadAsync(session, freshness);
            }

            process.Refresh();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  near-cache hit: {(process.TotalProcessorTime - before).TotalNanoseconds / Hits:0} ns of processor time"));
        }
    }

    // The server's own count of the time that it spent on the calls, which other work on the machine disturbs least.
    private static async Task FunctionAsync(RedisServer server)
    {
        await server.CommandAsync("FUNCTION", "LOAD", LeanLibrary);
        await using var with = await RedisEngine.OpenAsync(server.ConnectionString);
        await using var without = await RedisEngine.OpenAsync(server.ConnectionString, WithoutNearCache);
        await FunctionAsync(server, "", with, without, Workload.FieldBytes);
        await FunctionAsync(server, "-large", with, without, LargeFieldBytes);
    }

    /// <summary>Commits of records that the near cache holds, which the store need not tell, and of others, beside the leanest Function.</summary>
    private static async Task FunctionAsync(RedisServer server, string size, StateEngine with, StateEngine without, int fieldBytes)
    {
        const int Commits = 20_000;
        const int Rounds = 5;
        var (held, told) = (new Workload(with, fieldBytes), new Workload(without, fieldBytes));
        var ratios = (Held: new List<double>(), Told: new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            var ofTold = await ServerTimeAsync(server, told, Commits);
            var ofHeld = await ServerTimeAsync(server, held, Commits);
            var lean = await ServerTimeAsync(server, () => LeanAsync(server, Commits, fieldBytes));
            ratios.Held.Add(ofHeld / lean);
            ratios.Told.Add(ofTold / lean);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"  server time of one commit{size}: {ofHeld:0.0} µs, with the record told {ofTold:0.0} µs, of the leanest function {lean:0.0} µs"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"RATIO hf1_commit{size}-time:lean-time {ratios.Held.Order().ElementAt(Rounds / 2):0.00}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"RATIO hf1_commit{size}-told-time:lean-time {ratios.Told.Order().ElementAt(Rounds / 2):0.00}"));
    }

    // Filled each time: what the other engine changed is no longer held.
    private static async Task<double> ServerTimeAsync(RedisServer server, Workload load, int commits)
    {
        await load.FillAsync();
        return await ServerTimeAsync(server, () => CommitAsync(load, commits));
    }

    private static async Task<double> ServerTimeAsync(RedisServer server, Func<Task> work)
    {
        await server.CommandAsync("CONFIG", "RESETSTAT");
        await work();
        var stats = await server.AskAsync("INFO", "commandstats");
        return double.Parse(FunctionTime().Match(stats).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    private static Task CommitAsync(Workload load, int count)
    {
        var commit = load.Commits("commit", 1);
        return Task.WhenAll(Enumerable.Range(0, 16).Select(async caller =>
        {
            for (var i = 0; i < count / 16; i++)
            {
                await commit.RunAsync(caller, i);
            }
        }));
    }

    private static async Task LeanAsync(RedisServer server, int count, int fieldBytes)
    {
        var options = WithoutNearCache;
        var view = new StoreView(options, new PartitionMap(options.PartitionCount), "lean");
        await using var routes = await StoreProbe.OpenAsync(RedisAddress.Parse(server.ConnectionString), view, new SignalTable(), options, CancellationToken.None);
        await server.CommandAsync("HSET", view.Keys.Text(0, "@lean"), "run", "r", "rev", "1");
        var value = new string('\0', fieldBytes);
        string KeyOf(int record) => view.Keys.Text(0, $"lean/{record % 1000}");
        foreach (var record in Enumerable.Range(0, 1000))
        {
            await server.CommandAsync(["HSET", KeyOf(record), .. Enumerable.Range(0, 10).SelectMany(field => new[] { $"field-{field}", value })]);
        }

        await server.CommandAsync("CONFIG", "RESETSTAT");
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async caller =>
        {
            for (var i = 0; i < count / 16; i++)
            {
                var call = new PlainCall<bool>(
                    static (ref _) => true, isRepeatable: false,
                    "FCALL", "lean_commit", "3", view.Keys.Text(0, "@lean"), view.Keys.Text(0, "@lean-client"), KeyOf((caller * 127) + i),
                    "r", $"{caller}", $"{i} 1 1", "field-3", value, "3600000");
                routes.Submit(call);
                await call.Completion;
            }
        }));
    }

    [GeneratedRegex(@"cmdstat_fcall:calls=\d+,usec=\d+,usec_per_call=([\d.]+)")]
    private static partial Regex FunctionTime();
}
