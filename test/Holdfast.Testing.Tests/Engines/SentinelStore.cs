using Holdfast.TestServers;

namespace Holdfast.Testing.Tests.Engines;

/// <summary>Two redis-servers under three sentinels: what happens to them is a failover, and a master that is stopped for a while.</summary>
public sealed class SentinelStore : FaultyStore
{
    private SentinelTrio trio = null!;

    /// <inheritdoc/>
    public override string ConnectionString => trio.ConnectionString;

    /// <inheritdoc/>
    public override Task<int> PidAsync() => Task.FromResult(trio.Master.Pid);

    /// <inheritdoc/>
    public override IReadOnlyList<StoreFault> Faults => [new("failover", RestartStoreAsync), new("pause", PauseAsync)];

    /// <inheritdoc/>
    public override async ValueTask InitializeAsync() => trio = await SentinelTrio.StartAsync();

    /// <inheritdoc/>
    public override async ValueTask RestartStoreAsync()
    {
        await trio.FailOverAsync();
        await trio.MendAsync();
    }

    /// <summary>Waits until what was done to it before is over.</summary>
    public Task UntilWholeAsync() => trio.UntilWholeAsync();

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await trio.DisposeAsync();
        await base.DisposeAsync();
    }
}
