using Holdfast.Testing.Tests.Engines;

namespace Holdfast.Testing.Tests.Faults;

[Collection(nameof(SentinelStore))]
public sealed class SentinelStaleHolderTests(SentinelStore store) : StaleHolderTests(store)
{
    protected override async Task WorkAsync(int times)
    {
        await store.UntilWholeAsync();
        await TakeTurnsAsync(store.ConnectionString, times);
    }
}
