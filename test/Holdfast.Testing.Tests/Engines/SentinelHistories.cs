using Holdfast.TestServers;

namespace Holdfast.Testing.Tests.Engines;

/// <summary>What clients see of a failover under sentinels.</summary>
[Collection(nameof(SentinelStore))]
public sealed class SentinelHistories(SentinelStore store) : EngineHistories(store)
{
    protected override int Seeds => Experiment.Count(1, 20);

    protected override string Column => "sentinels";
}
