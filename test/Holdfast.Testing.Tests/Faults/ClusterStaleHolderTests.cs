using Holdfast.Testing.Tests.Engines;

namespace Holdfast.Testing.Tests.Faults;

[Collection(nameof(ClusterStore))]
public sealed class ClusterStaleHolderTests(ClusterStore store) : StaleHolderTests(store)
{
    protected override Task WorkAsync(int times) => TakeTurnsAsync(store.ConnectionString, times);
}
