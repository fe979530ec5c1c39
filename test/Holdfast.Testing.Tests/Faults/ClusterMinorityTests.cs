using Holdfast.Testing.Tests.Engines;

namespace Holdfast.Testing.Tests.Faults;

// A partition and its mending take a quarter of a minute, and much more when an election fails; the small run has that of the sentinels.
[Trait("Runs", "long")]
[Collection(nameof(SplitStore))]
public sealed class ClusterMinorityTests(PartedClusterStore store) : MinorityTests(store), IClassFixture<PartedClusterStore>;
