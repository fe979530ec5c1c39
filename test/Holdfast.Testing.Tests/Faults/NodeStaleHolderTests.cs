using Holdfast.Testing.Tests.Engines;

namespace Holdfast.Testing.Tests.Faults;

public sealed class NodeStaleHolderTests(NodeStore store) : StaleHolderTests(store), IClassFixture<NodeStore>
{
    protected override Task WorkAsync(int times) => TakeTurnsAsync(store.ConnectionString, times);
}
