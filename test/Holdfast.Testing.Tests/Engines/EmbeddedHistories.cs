using Holdfast.TestServers;

namespace Holdfast.Testing.Tests.Engines;

/// <summary>What callers of the embedded engine see.</summary>
public sealed class EmbeddedHistories(EmbeddedStore store) : EngineHistories(store), IClassFixture<EmbeddedStore>
{
    protected override int Seeds => Experiment.Count(2, 20);

    protected override string Column => "embedded";
}
