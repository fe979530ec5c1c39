using Holdfast.Testing;
using Holdfast.TestServers;

namespace Holdfast.Tests.Conformance;

/// <summary>A cluster of six, which all tests of a collection use one after the other. Its restart is a failover of every primary.</summary>
public sealed class ClusterFixture : EngineFixture
{
    internal RedisCluster Cluster { get; private set; } = null!;

    /// <inheritdoc/>
    public override async ValueTask InitializeAsync() => Cluster = await RedisCluster.StartAsync();

    /// <inheritdoc/>
    public override async ValueTask<StateEngine> OpenAsync(StateEngineOptions options) => await RedisEngine.OpenAsync(Cluster.ConnectionString, options.Patient());

    /// <inheritdoc/>
    public override async ValueTask RestartStoreAsync()
    {
        foreach (var primary in (await Cluster.NodesAsync()).Where(static node => node.IsPrimary).Select(static node => node.Server).ToList())
        {
            await Cluster.FailOverAsync(primary);
        }

        await Cluster.MendAsync();
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        await base.DisposeAsync();
    }
}
