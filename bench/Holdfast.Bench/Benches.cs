using Holdfast.Redis;
using Holdfast.TestServers;

namespace Holdfast.Bench;

/// <summary>What is compared with what.</summary>
internal static class Benches
{
    /// <summary>The embedded engine in process: a read beside a commit, alone and among many.</summary>
    public static async Task EmbeddedAsync(SideBySide bench)
    {
        await using var store = await EmbeddedStore.OpenAsync();
        var load = new Workload(store.Engine);
        await load.FillAsync();
        await bench.RunAsync(
            load.BufferReads("embedded-read-into-buffer", store.Engine),
            load.Reads("embedded-read", 1),
            load.Commits("embedded-commit", 1),
            load.Commits("embedded-commit-64-callers", 64, Durability.Written));
    }

    /// <summary>What the levels of durability cost, with many writers whose waits the engine can share.</summary>
    public static async Task DurabilityAsync(SideBySide bench)
    {
        await using var store = await EmbeddedStore.OpenAsync();
        var load = new Workload(store.Engine);
        await load.FillAsync();
        await bench.RunAsync(
            load.Commits("commit-memory", 64), load.Commits("commit-written", 64, Durability.Written), load.Commits("commit-synced", 64, Durability.Synced));
    }

    /// <summary>What the near cache saves: a session read by its stamp beside one that asks the store.</summary>
    public static async Task NearCacheAsync(SideBySide bench)
    {
        await using var server = await RedisServer.StartAsync();
        await using var engine = await RedisEngine.OpenAsync(server.ConnectionString);
        var load = new Workload(engine);
        await load.FillAsync();
        await bench.RunAsync(
            load.Reads("near-cache-hit", 1, Freshness.Pushed), load.Reads("store-read", 1), load.Reads("store-read-64-callers", 64));
    }

    /// <summary>The Redis engine on the node and on redis-server, neither of them waiting for a disk.</summary>
    public static async Task ServersAsync(SideBySide bench)
    {
        await using var node = await NodeServer.StartAsync();
        await using var redis = await RedisServer.StartAsync();
        await using var onNode = await RedisEngine.OpenAsync(node.ConnectionString, new StateEngineOptions { NearCacheMaxBytes = 0 });
        await using var onRedis = await RedisEngine.OpenAsync(redis.ConnectionString, new StateEngineOptions { NearCacheMaxBytes = 0 });
        var (nodeLoad, redisLoad) = (new Workload(onNode), new Workload(onRedis));
        await nodeLoad.FillAsync();
        await redisLoad.FillAsync();
        await bench.RunAsync(nodeLoad.Commits("node-commit", 64), redisLoad.Commits("redis-commit", 64));
        await bench.RunAsync(nodeLoad.Reads("node-read", 64), redisLoad.Reads("redis-read", 64));
    }
}
