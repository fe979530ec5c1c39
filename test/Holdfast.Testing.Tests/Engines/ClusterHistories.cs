using Holdfast.TestServers;

namespace Holdfast.Testing.Tests.Engines;

/// <summary>What clients see of the failovers of a cluster.</summary>
[Collection(nameof(ClusterStore))]
public sealed class ClusterHistories(ClusterStore store) : EngineHistories(store)
{
    protected override int Seeds => Experiment.Count(1, 20);

    protected override string Column => "cluster";
}
