using Holdfast.Testing;
using Holdfast.TestServers;

namespace Holdfast.Tests.Conformance;

/// <summary>Two redis-servers under three sentinels, which all tests of a collection use one after the other. Their restart is a failover.</summary>
public sealed class SentinelFixture : EngineFixture
{
    private SentinelTrio trio = null!;

    /// <inheritdoc/>
    public override async ValueTask InitializeAsync() => trio = await SentinelTrio.StartAsync();

    /// <inheritdoc/>
    public override async ValueTask<StateEngine> OpenAsync(StateEngineOptions options) => await RedisEngine.OpenAsync(trio.ConnectionString, options.Patient());

    /// <inheritdoc/>
    public override async ValueTask RestartStoreAsync()
    {
        await trio.FailOverAsync();
        await trio.MendAsync();
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await trio.DisposeAsync();
        await base.DisposeAsync();
    }
}
