using Holdfast.Testing;

namespace Holdfast.Tests.Conformance;

public sealed class NodeRecordConformance(NodeFixture store) : RecordConformance(store), IClassFixture<NodeFixture>;

public sealed class NodeCommitConformance(NodeFixture store) : CommitConformance(store), IClassFixture<NodeFixture>;

public sealed class NodeFieldOperationConformance(NodeFixture store) : FieldOperationConformance(store), IClassFixture<NodeFixture>;

public sealed class NodeConditionConformance(NodeFixture store) : ConditionConformance(store), IClassFixture<NodeFixture>;

public sealed class NodeLimitConformance(NodeFixture store) : LimitConformance(store), IClassFixture<NodeFixture>;

public sealed class NodeRequestIdConformance(NodeFixture store) : RequestIdConformance(store), IClassFixture<NodeFixture>;

public sealed class NodeJournalConformance(NodeFixture store) : JournalConformance(store), IClassFixture<NodeFixture>;

public sealed class NodeWatchConformance(NodeFixture store) : WatchConformance(store), IClassFixture<NodeFixture>;

public sealed class NodeSignalConformance(NodeFixture store) : SignalConformance(store), IClassFixture<NodeFixture>;

public sealed class NodeLeaseConformance(NodeFixture store) : LeaseConformance(store), IClassFixture<NodeFixture>;

public sealed class NodeExpiryConformance(NodeFixture store) : ExpiryConformance(store), IClassFixture<NodeFixture>;

public sealed class NodeTermConformance(NodeFixture store) : TermConformance(store), IClassFixture<NodeFixture>;

public sealed class NodeFreshnessConformance(NodeFixture store) : FreshnessConformance(store), IClassFixture<NodeFixture>;

public sealed class NodeScanConformance(NodeFixture store) : ScanConformance(store), IClassFixture<NodeFixture>;

public sealed class NodeConcurrencyConformance(NodeFixture store) : ConcurrencyConformance(store), IClassFixture<NodeFixture>;

public sealed class NodeDurabilityConformance(NodeFixture store) : DurabilityConformance(store), IClassFixture<NodeFixture>;

public sealed class NodeCapabilityConformance(NodeFixture store) : CapabilityConformance(store), IClassFixture<NodeFixture>;
