using Holdfast.Testing.Tests.Engines;

namespace Holdfast.Testing.Tests.Faults;

[Collection(nameof(SentinelStore))]
public sealed class SentinelStaleHolderTests(SentinelStore store) : StaleHolderTests(store)
{
    protected override Task WorkAsync(int times) => TakeTurnsAsync(store.ConnectionString, times);
}
