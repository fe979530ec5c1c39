using Holdfast.Testing.Tests.Engines;

namespace Holdfast.Testing.Tests.Faults;

public sealed class EmbeddedStaleHolderTests(EmbeddedStore store) : StaleHolderTests(store), IClassFixture<EmbeddedStore>
{
    protected override Task WorkAsync(int times) => StopTogetherAsync(store.ConnectionString, times);
}
