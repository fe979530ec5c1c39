using Holdfast.Testing;

namespace Holdfast.Tests.Conformance;

public sealed class EmbeddedRecordConformance(EmbeddedFixture store) : RecordConformance(store), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedCommitConformance(EmbeddedFixture store) : CommitConformance(store), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedFieldOperationConformance(EmbeddedFixture store) : FieldOperationConformance(store), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedConditionConformance(EmbeddedFixture store) : ConditionConformance(store), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedLimitConformance(EmbeddedFixture store) : LimitConformance(store), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedRequestIdConformance(EmbeddedFixture store) : RequestIdConformance(store), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedJournalConformance(EmbeddedFixture store) : JournalConformance(store), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedWatchConformance(EmbeddedFixture store) : WatchConformance(store), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedSignalConformance(EmbeddedFixture store) : SignalConformance(store), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedLeaseConformance(EmbeddedFixture store) : LeaseConformance(store), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedExpiryConformance(EmbeddedFixture store) : ExpiryConformance(store), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedTermConformance(EmbeddedFixture store) : TermConformance(store), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedFreshnessConformance(EmbeddedFixture store) : FreshnessConformance(store), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedScanConformance(EmbeddedFixture store) : ScanConformance(store), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedConcurrencyConformance(EmbeddedFixture store) : ConcurrencyConformance(store), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedDurabilityConformance(EmbeddedFixture store) : DurabilityConformance(store), IClassFixture<EmbeddedFixture>;

public sealed class EmbeddedCapabilityConformance(EmbeddedFixture store) : CapabilityConformance(store), IClassFixture<EmbeddedFixture>;
