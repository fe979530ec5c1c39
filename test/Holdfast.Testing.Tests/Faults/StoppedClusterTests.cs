using Holdfast.Testing.Tests.Engines;

namespace Holdfast.Testing.Tests.Faults;

[Collection(nameof(ClusterStore))]
public sealed class StoppedClusterTests(ClusterStore store) : StoppedStoreTests(store)
{
    /// <summary>Half of what has the others take it for dead: a failover is another experiment.</summary>
    protected override int LongSeconds => 10;
}
