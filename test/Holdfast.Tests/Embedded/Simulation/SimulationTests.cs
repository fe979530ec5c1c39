using System.Text.RegularExpressions;
using Holdfast.TestServers;

namespace Holdfast.Tests.Embedded.Simulation;

/// <summary>The embedded engine keeps its promises on a disk that fails, seed after seed; and the simulation finds what does not.</summary>
public sealed class SimulationTests
{
    [Fact]
    [Trait("Experiment", "S1")]
    public void Every_seed_holds_what_was_acknowledged()
    {
        // The next process finds what the operating system still shows, and then the power goes.
        const string thenNoPower = @"(?:(?!\nlife)[\s\S])*killed(?:(?!\nlife)[\s\S])*\nlife(?:(?!\nlife)[\s\S])*no power";
        HashSet<string> rare =
        [
            "ManifestInDoubt", "CheckpointFailed", "SnapshotMade", "WritesEnded", "DiskFull", "TornTailCut", "no power", "killed", "close",
            "StateUnavailableException", "WritesEnded" + thenNoPower, "ManifestInDoubt" + thenNoPower,
        ];
        for (var seed = 0; seed < Experiment.Count(small: 300, large: 10_000); seed++)
        {
            var trace = Simulation.Run(seed, onlyReplacements: seed % 4 == 3);
            rare.RemoveWhere(happening => Regex.IsMatch(trace, happening));
        }

        // What seldom happens has happened.
        Assert.Empty(rare);
    }

    /// <summary>Times to live, touches, removals and evictions come through every fault too: nothing goes early, comes back changed, or takes its successor with it.</summary>
    [Fact]
    [Trait("Experiment", "S1")]
    public void Records_expire_when_they_must_and_are_evicted_if_they_may()
    {
        HashSet<string> rare = ["reaped", "evicted", "eviction ends: StateUnavailableException"];
        for (var seed = 0; seed < Experiment.Count(small: 100, large: 5000); seed++)
        {
            var trace = Simulation.Run(seed, recordsGo: true);
            rare.RemoveWhere(happening => trace.Contains(happening, StringComparison.Ordinal));
        }

        // What seldom happens has happened.
        Assert.Empty(rare);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_same_seed_gives_the_same_trace(int seed)
    {
        var trace = Simulation.Run(seed);
        Assert.Equal(trace, Simulation.Run(seed));
        Assert.NotEqual(trace, Simulation.Run(seed + 100));
        Assert.True(trace.Length > 1000, trace);
        Assert.Equal(Simulation.Run(seed, recordsGo: true), Simulation.Run(seed, recordsGo: true));
        Assert.Equal(Simulation.Run(seed, onlyReplacements: true), Simulation.Run(seed, onlyReplacements: true));
    }

    [Theory]
    [InlineData((int)PlantedBug.SkippedSync, false)]
    [InlineData((int)PlantedBug.SwappedFrames, false)]
    [InlineData((int)PlantedBug.EarlyAcknowledgement, false)]
    [InlineData((int)PlantedBug.SkippedFolderSync, false)]
    [InlineData((int)PlantedBug.SkippedSync, true)]
    [InlineData((int)PlantedBug.SwappedFrames, true)]
    [InlineData((int)PlantedBug.EarlyAcknowledgement, true)]
    public void A_planted_bug_is_found(int bug, bool onlyReplacements)
    {
        var found = 0;
        for (var seed = 0; seed < 60; seed++)
        {
            try
            {
                Simulation.Run(seed, (PlantedBug)bug, onlyReplacements: onlyReplacements);
            }
            catch (SimulationFailure)
            {
                found++;
            }
        }

        Assert.True(found > 0, $"{(PlantedBug)bug} was not found by 60 seeds.");
    }
}
