using Holdfast.TestServers;

namespace Holdfast.Testing.Tests.Engines;

/// <summary>R20: what clients see of a store under sentinels while the network parts a primary from the others.</summary>
[Trait("Experiment", "R20")]
[Collection(nameof(SplitStore))]
public sealed class PartedSentinelHistories(PartedSentinelStore store) : HistoryConformance(store), IClassFixture<PartedSentinelStore>
{
    protected override int Seeds => Experiment.Count(1, 20);
}
