using Holdfast.Testing;

namespace Holdfast.Tests.Conformance;

/// <summary>All of them use one store, one after the other: it takes seconds to make.</summary>
[CollectionDefinition(nameof(ClusterConformance))]
public sealed class ClusterConformance : ICollectionFixture<ClusterFixture>;

[Collection(nameof(ClusterConformance))]
public sealed class ClusterRecordConformance(ClusterFixture store) : RecordConformance(store);

[Collection(nameof(ClusterConformance))]
public sealed class ClusterCommitConformance(ClusterFixture store) : CommitConformance(store);

[Collection(nameof(ClusterConformance))]
public sealed class ClusterFieldOperationConformance(ClusterFixture store) : FieldOperationConformance(store);

[Collection(nameof(ClusterConformance))]
public sealed class ClusterConditionConformance(ClusterFixture store) : ConditionConformance(store);

[Collection(nameof(ClusterConformance))]
public sealed class ClusterLimitConformance(ClusterFixture store) : LimitConformance(store);

[Collection(nameof(ClusterConformance))]
public sealed class ClusterRequestIdConformance(ClusterFixture store) : RequestIdConformance(store);

[Collection(nameof(ClusterConformance))]
public sealed class ClusterJournalConformance(ClusterFixture store) : JournalConformance(store);

[Collection(nameof(ClusterConformance))]
public sealed class ClusterWatchConformance(ClusterFixture store) : WatchConformance(store);

[Collection(nameof(ClusterConformance))]
public sealed class ClusterSignalConformance(ClusterFixture store) : SignalConformance(store);

[Collection(nameof(ClusterConformance))]
public sealed class ClusterLeaseConformance(ClusterFixture store) : LeaseConformance(store);

[Collection(nameof(ClusterConformance))]
public sealed class ClusterExpiryConformance(ClusterFixture store) : ExpiryConformance(store);

[Collection(nameof(ClusterConformance))]
public sealed class ClusterTermConformance(ClusterFixture store) : TermConformance(store);

[Collection(nameof(ClusterConformance))]
public sealed class ClusterFreshnessConformance(ClusterFixture store) : FreshnessConformance(store);

[Collection(nameof(ClusterConformance))]
public sealed class ClusterScanConformance(ClusterFixture store) : ScanConformance(store);

[Collection(nameof(ClusterConformance))]
public sealed class ClusterConcurrencyConformance(ClusterFixture store) : ConcurrencyConformance(store);

[Collection(nameof(ClusterConformance))]
public sealed class ClusterDurabilityConformance(ClusterFixture store) : DurabilityConformance(store);

[Collection(nameof(ClusterConformance))]
public sealed class ClusterCapabilityConformance(ClusterFixture store) : CapabilityConformance(store);
