using Holdfast.Testing.Tests.Engines;

namespace Holdfast.Testing.Tests.Faults;

public sealed class StoppedRedisTests(RedisStore store) : StoppedStoreTests(store), IClassFixture<RedisStore>;
