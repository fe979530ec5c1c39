using System.Diagnostics;
using Holdfast.TestServers;

namespace Holdfast.Testing.Tests.Engines;

/// <summary>A Redis Cluster of six, one primary of which has a host to itself.</summary>
public sealed class PartedClusterStore : SplitStore
{
    private const int SilenceMilliseconds = 6000;

    private static readonly TimeSpan LongestSearch = TimeSpan.FromSeconds(60);

    private RedisCluster? cluster;
    private RedisServer? replica;

    /// <inheritdoc/>
    public override string ConnectionString => cluster!.ConnectionString;

    /// <inheritdoc/>
    protected override int HostNumber => 0;

    /// <inheritdoc/>
    protected override int Hosts => 2;

    private RedisServer Lone => cluster!.Servers[0];

    /// <inheritdoc/>
    public override Task<int> PidAsync() => Task.FromResult(Lone.Pid);

    /// <inheritdoc/>
    public override async Task<string> AffinityAsync(PartitionMap partitions)
    {
        for (var deadline = Stopwatch.StartNew(); ; await Task.Delay(5))
        {
            var affinity = Entropy.System.NextText(12);
            if (await cluster!.PrimaryOfAsync(partitions.PartitionOf(affinity) * (RedisCluster.Slots / partitions.Count)) == Lone)
            {
                return affinity;
            }

            Assert.True(deadline.Elapsed < LongestSearch, "The server that has a host to itself has no partition.");
        }
    }

    /// <inheritdoc/>
    public override async ValueTask RestartStoreAsync()
    {
        await cluster!.FailOverAsync(Lone);
        await cluster.MendAsync();
        await cluster.ReinstateAsync(Lone);
    }

    private protected override async Task StartAsync(NetworkSegment hosts) => cluster = await RedisCluster.StartAsync(hosts);

    private protected override async Task PrepareAsync()
    {
        replica = await cluster!.ReplicaOfAsync(Lone);
        await cluster.BelieveAsync(SilenceMilliseconds);
        cluster.Away = Lone;
    }

    private protected override Task ReplacedAsync() => replica!.UntilAsync("role:master", "INFO", "replication");

    private protected override async Task MendAsync()
    {
        // Nobody has taken its place if the test failed before that.
        var isReplaced = replica is not null && (await replica.AskAsync("INFO", "replication")).Contains("role:master", StringComparison.Ordinal);
        cluster!.Away = null;
        if (isReplaced)
        {
            await cluster.ReinstateAsync(Lone);
        }

        await cluster.BelieveAsync(null);
    }

    private protected override Task StopAsync() => cluster?.DisposeAsync().AsTask() ?? Task.CompletedTask;
}
