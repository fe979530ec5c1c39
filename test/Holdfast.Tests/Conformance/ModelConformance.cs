using Holdfast.Testing;

namespace Holdfast.Tests.Conformance;

public sealed class ModelRecordConformance(ModelFixture store) : RecordConformance(store), IClassFixture<ModelFixture>;

public sealed class ModelCommitConformance(ModelFixture store) : CommitConformance(store), IClassFixture<ModelFixture>;

public sealed class ModelFieldOperationConformance(ModelFixture store) : FieldOperationConformance(store), IClassFixture<ModelFixture>;

public sealed class ModelConditionConformance(ModelFixture store) : ConditionConformance(store), IClassFixture<ModelFixture>;

public sealed class ModelLimitConformance(ModelFixture store) : LimitConformance(store), IClassFixture<ModelFixture>;

public sealed class ModelRequestIdConformance(ModelFixture store) : RequestIdConformance(store), IClassFixture<ModelFixture>;

public sealed class ModelJournalConformance(ModelFixture store) : JournalConformance(store), IClassFixture<ModelFixture>;

public sealed class ModelWatchConformance(ModelFixture store) : WatchConformance(store), IClassFixture<ModelFixture>;

public sealed class ModelSignalConformance(ModelFixture store) : SignalConformance(store), IClassFixture<ModelFixture>;

public sealed class ModelLeaseConformance(ModelFixture store) : LeaseConformance(store), IClassFixture<ModelFixture>;

public sealed class ModelExpiryConformance(ModelFixture store) : ExpiryConformance(store), IClassFixture<ModelFixture>;

public sealed class ModelTermConformance(ModelFixture store) : TermConformance(store), IClassFixture<ModelFixture>;

public sealed class ModelFreshnessConformance(ModelFixture store) : FreshnessConformance(store), IClassFixture<ModelFixture>;

public sealed class ModelScanConformance(ModelFixture store) : ScanConformance(store), IClassFixture<ModelFixture>;

public sealed class ModelConcurrencyConformance(ModelFixture store) : ConcurrencyConformance(store), IClassFixture<ModelFixture>;

public sealed class ModelDurabilityConformance(ModelFixture store) : DurabilityConformance(store), IClassFixture<ModelFixture>;

public sealed class ModelCapabilityConformance(ModelFixture store) : CapabilityConformance(store), IClassFixture<ModelFixture>;

public sealed class ModelHistoryConformance(ModelFixture store) : HistoryConformance(store), IClassFixture<ModelFixture>;
