using Holdfast.TestServers;

namespace Holdfast.Testing.Tests.Engines;

/// <summary>Three redis-servers with a sentinel each, on hosts of their own; a master that hears of no replica refuses writes.</summary>
public sealed class PartedSentinelStore : SplitStore
{
    private SentinelTrio? trio;

    /// <inheritdoc/>
    public override string ConnectionString => trio!.ConnectionString;

    /// <inheritdoc/>
    protected override int HostNumber => trio!.MasterHost;

    /// <inheritdoc/>
    protected override int Hosts => 3;

    /// <inheritdoc/>
    public override Task<int> PidAsync() => Task.FromResult(trio!.Master.Pid);

    /// <inheritdoc/>
    public override Task<string> AffinityAsync(PartitionMap partitions) => Task.FromResult(Entropy.System.NextText(12));

    /// <inheritdoc/>
    public override async ValueTask RestartStoreAsync()
    {
        await trio!.SwitchAsync();
        await trio.UntilWholeAsync();
    }

    private protected override async Task StartAsync(NetworkSegment hosts) => trio = await SentinelTrio.StartAsync(
        downAfter: 5000, failoverTimeout: 10_000, segment: hosts, arguments:
        [
            "--min-replicas-to-write", "1", "--min-replicas-max-lag", "2", "--repl-timeout", "5", "--repl-ping-replica-period", "1",
        ]);

    private protected override Task PrepareAsync() => Task.CompletedTask;

    private protected override Task ReplacedAsync() => trio!.ReplacedAsync();

    private protected override Task MendAsync() => trio!.UntilWholeAsync();

    private protected override Task StopAsync() => trio?.DisposeAsync().AsTask() ?? Task.CompletedTask;
}
