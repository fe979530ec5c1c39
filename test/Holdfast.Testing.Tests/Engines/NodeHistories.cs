using Holdfast.TestServers;

namespace Holdfast.Testing.Tests.Engines;

/// <summary>What clients of a node see while it is killed, stopped and cut off.</summary>
public sealed class NodeHistories(NodeStore store) : EngineHistories(store), IClassFixture<NodeStore>
{
    protected override int Seeds => Experiment.Count(1, 20);

    protected override string Column => "node";
}
