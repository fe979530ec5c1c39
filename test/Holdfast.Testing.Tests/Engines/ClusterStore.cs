using Holdfast.TestServers;

namespace Holdfast.Testing.Tests.Engines;

/// <summary>A Redis Cluster of six: what happens to it are failovers of its primaries, and one that is stopped for a while.</summary>
public sealed class ClusterStore : FaultyStore
{
    private RedisCluster cluster = null!;

    /// <inheritdoc/>
    public override string ConnectionString => cluster.ConnectionString;

    /// <inheritdoc/>
    public override async Task<int> PidAsync() => (await cluster.PrimaryOfAsync(0)).Pid;

    /// <inheritdoc/>
    public override IReadOnlyList<StoreFault> Faults => [new("failover of all primaries", RestartStoreAsync), new("pause of a primary", PauseAsync)];

    /// <inheritdoc/>
    public override async ValueTask InitializeAsync() => cluster = await RedisCluster.StartAsync();

    /// <inheritdoc/>
    public override async ValueTask RestartStoreAsync()
    {
        foreach (var node in (await cluster.NodesAsync()).Where(static node => node.IsPrimary).ToList())
        {
            await cluster.FailOverAsync(node.Server);
        }

        await cluster.MendAsync();
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await cluster.DisposeAsync();
        await base.DisposeAsync();
    }
}
