using Holdfast.TestServers;

namespace Holdfast.Testing.Tests.Engines;

/// <summary>R20: what clients see of a cluster while the network parts a primary from the others.</summary>
[Trait("Experiment", "R20")]
[Trait("Runs", "long")]
[Collection(nameof(SplitStore))]
public sealed class PartedClusterHistories(PartedClusterStore store) : HistoryConformance(store), IClassFixture<PartedClusterStore>
{
    private readonly List<string> own = [];

    protected override int Seeds => Experiment.Count(1, 20);

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        while (own.Count < Seeds)
        {
            own.Add(await ((PartedClusterStore)Fixture).AffinityAsync(Engine.Partitions));
        }
    }

    /// <summary>One in each history is the primary's that is cut off.</summary>
    internal override string Key(int seed, int number) => number == 0 ? own[seed - 1] : base.Key(seed, number);
}
