using Holdfast.Testing;

namespace Holdfast.Tests.Conformance;

/// <summary>All of them use one store, one after the other: it takes seconds to make.</summary>
[CollectionDefinition(nameof(SentinelConformance))]
public sealed class SentinelConformance : ICollectionFixture<SentinelFixture>;

[Collection(nameof(SentinelConformance))]
public sealed class SentinelRecordConformance(SentinelFixture store) : RecordConformance(store);

[Collection(nameof(SentinelConformance))]
public sealed class SentinelCommitConformance(SentinelFixture store) : CommitConformance(store);

[Collection(nameof(SentinelConformance))]
public sealed class SentinelFieldOperationConformance(SentinelFixture store) : FieldOperationConformance(store);

[Collection(nameof(SentinelConformance))]
public sealed class SentinelConditionConformance(SentinelFixture store) : ConditionConformance(store);

[Collection(nameof(SentinelConformance))]
public sealed class SentinelLimitConformance(SentinelFixture store) : LimitConformance(store);

[Collection(nameof(SentinelConformance))]
public sealed class SentinelRequestIdConformance(SentinelFixture store) : RequestIdConformance(store);

[Collection(nameof(SentinelConformance))]
public sealed class SentinelJournalConformance(SentinelFixture store) : JournalConformance(store);

[Collection(nameof(SentinelConformance))]
public sealed class SentinelWatchConformance(SentinelFixture store) : WatchConformance(store);

[Collection(nameof(SentinelConformance))]
public sealed class SentinelSignalConformance(SentinelFixture store) : SignalConformance(store);

[Collection(nameof(SentinelConformance))]
public sealed class SentinelLeaseConformance(SentinelFixture store) : LeaseConformance(store);

[Collection(nameof(SentinelConformance))]
public sealed class SentinelExpiryConformance(SentinelFixture store) : ExpiryConformance(store);

[Collection(nameof(SentinelConformance))]
public sealed class SentinelTermConformance(SentinelFixture store) : TermConformance(store);

[Collection(nameof(SentinelConformance))]
public sealed class SentinelFreshnessConformance(SentinelFixture store) : FreshnessConformance(store);

[Collection(nameof(SentinelConformance))]
public sealed class SentinelScanConformance(SentinelFixture store) : ScanConformance(store);

[Collection(nameof(SentinelConformance))]
public sealed class SentinelConcurrencyConformance(SentinelFixture store) : ConcurrencyConformance(store);

[Collection(nameof(SentinelConformance))]
public sealed class SentinelDurabilityConformance(SentinelFixture store) : DurabilityConformance(store);

[Collection(nameof(SentinelConformance))]
public sealed class SentinelCapabilityConformance(SentinelFixture store) : CapabilityConformance(store);
