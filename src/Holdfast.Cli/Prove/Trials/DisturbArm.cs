using Holdfast.Cli.Prove.Comparison;
using Holdfast.Cli.Prove.Runs;

namespace Holdfast.Cli.Prove.Trials;

/// <summary>Restarts or kills the one instance that is asked, between requests.</summary>
internal sealed class DisturbArm(Laboratory laboratory, ControlGroup controls, Arm arm)
{
    private readonly List<(Schedule Schedule, RunReadings Run)> runs = [];

    /// <summary>Runs the walk, with the disturbance ahead of each of the given requests.</summary>
    /// <param name="ordinals">The requests; never the first, ahead of which there is nothing to lose.</param>
    public async Task RunAsync(IReadOnlySet<int> ordinals)
    {
        var disturbance = arm == Arm.Kill ? Disturbance.Kill : Disturbance.Restart;
        var instance = runs.Count % laboratory.InstanceCount;
        var schedule = new Schedule(arm, [.. controls.Walk.Requests.Select(request =>
            new Place(instance) { Before = ordinals.Contains(request.Ordinal) ? disturbance : Disturbance.None })]);
        runs.Add((schedule, await laboratory.RunAsync(controls.Walk, schedule)));
    }

    /// <summary>The first answer that differs in each run, which nothing found so far explains: the place to look further.</summary>
    public Suspicion? Suspect(IReadOnlySet<int> explained)
    {
        if (runs.Count == 0)
        {
            return null;
        }

        var tallies = LeafTally.Of(controls.Expectation, [.. runs.Select(static run => run.Run)]);
        return (
            from tally in tallies
            where tally.Expected is { IsFirm: true } && tally.Misses == runs.Count && !Leaf.IsCookiePath(tally.Path) && !explained.Contains(tally.Ordinal)
            orderby tally.Ordinal, LeafTally.Rank(tally.Path)
            select new Suspicion(tally.Ordinal, tally, runs[^1].Schedule)).FirstOrDefault();
    }
}
