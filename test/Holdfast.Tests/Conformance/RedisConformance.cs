using Holdfast.Testing;

namespace Holdfast.Tests.Conformance;

public sealed class RedisRecordConformance(RedisFixture store) : RecordConformance(store), IClassFixture<RedisFixture>;

public sealed class RedisCommitConformance(RedisFixture store) : CommitConformance(store), IClassFixture<RedisFixture>;

public sealed class RedisFieldOperationConformance(RedisFixture store) : FieldOperationConformance(store), IClassFixture<RedisFixture>;

public sealed class RedisConditionConformance(RedisFixture store) : ConditionConformance(store), IClassFixture<RedisFixture>;

public sealed class RedisLimitConformance(RedisFixture store) : LimitConformance(store), IClassFixture<RedisFixture>;

public sealed class RedisRequestIdConformance(RedisFixture store) : RequestIdConformance(store), IClassFixture<RedisFixture>;

public sealed class RedisJournalConformance(RedisFixture store) : JournalConformance(store), IClassFixture<RedisFixture>;

public sealed class RedisWatchConformance(RedisFixture store) : WatchConformance(store), IClassFixture<RedisFixture>;

public sealed class RedisSignalConformance(RedisFixture store) : SignalConformance(store), IClassFixture<RedisFixture>;

public sealed class RedisLeaseConformance(RedisFixture store) : LeaseConformance(store), IClassFixture<RedisFixture>;

public sealed class RedisExpiryConformance(RedisFixture store) : ExpiryConformance(store), IClassFixture<RedisFixture>;

public sealed class RedisTermConformance(RedisFixture store) : TermConformance(store), IClassFixture<RedisFixture>;

public sealed class RedisFreshnessConformance(RedisFixture store) : FreshnessConformance(store), IClassFixture<RedisFixture>;

public sealed class RedisScanConformance(RedisFixture store) : ScanConformance(store), IClassFixture<RedisFixture>;

public sealed class RedisConcurrencyConformance(RedisFixture store) : ConcurrencyConformance(store), IClassFixture<RedisFixture>;

public sealed class RedisDurabilityConformance(RedisFixture store) : DurabilityConformance(store), IClassFixture<RedisFixture>;

public sealed class RedisCapabilityConformance(RedisFixture store) : CapabilityConformance(store), IClassFixture<RedisFixture>;

public sealed class ForgetfulRedisDurabilityConformance(ForgetfulRedisFixture store) : DurabilityConformance(store), IClassFixture<ForgetfulRedisFixture>;

public sealed class ForgetfulRedisCapabilityConformance(ForgetfulRedisFixture store) : CapabilityConformance(store), IClassFixture<ForgetfulRedisFixture>;

public sealed class ForgetfulRedisTermConformance(ForgetfulRedisFixture store) : TermConformance(store), IClassFixture<ForgetfulRedisFixture>;
