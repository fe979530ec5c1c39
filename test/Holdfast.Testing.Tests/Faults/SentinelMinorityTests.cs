using Holdfast.Testing.Tests.Engines;

namespace Holdfast.Testing.Tests.Faults;

[Collection(nameof(SplitStore))]
public sealed class SentinelMinorityTests(PartedSentinelStore store) : MinorityTests(store), IClassFixture<PartedSentinelStore>;
