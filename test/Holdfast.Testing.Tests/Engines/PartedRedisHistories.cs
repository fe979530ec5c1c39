using Holdfast.TestServers;

namespace Holdfast.Testing.Tests.Engines;

/// <summary>R20: what clients of a redis-server see while the network parts them from it, one way and both.</summary>
[Trait("Experiment", "R20")]
public sealed class PartedRedisHistories(PartedRedisStore store) : HistoryConformance(store), IClassFixture<PartedRedisStore>
{
    protected override int Seeds => Experiment.Count(1, 20);
}
