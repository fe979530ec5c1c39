using Holdfast.Testing.Tests.Engines;

namespace Holdfast.Testing.Tests.Faults;

public sealed class RedisStaleHolderTests(RedisStore store) : StaleHolderTests(store), IClassFixture<RedisStore>
{
    protected override Task WorkAsync(int times) => TakeTurnsAsync(store.ConnectionString, times);
}
