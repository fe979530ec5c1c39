using Holdfast.Testing.Tests.Engines;

namespace Holdfast.Testing.Tests.Faults;

// Redis may take minutes until a primary that was parted is one again.
[Trait("Runs", "long")]
[Collection(nameof(SplitStore))]
public sealed class ClusterMinorityTests(PartedClusterStore store) : MinorityTests(store), IClassFixture<PartedClusterStore>;
