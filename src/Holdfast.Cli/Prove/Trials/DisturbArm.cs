using Holdfast.Cli.Prove.Comparison;
using Holdfast.Cli.Prove.Runs;

namespace Holdfast.Cli.Prove.Trials;

/// <summary>Restarts or kills the one instance that is asked, between requests, or puts a new one in its place and all others'.</summary>
internal sealed class DisturbArm(Laboratory laboratory, ControlGroup controls, Arm arm)
{
    /// <summary>How many answers that differ are looked into, at most.</summary>
    private const int MaxCandidates = 3;

    private readonly List<(Schedule Schedule, RunReadings Run)> runs = [];

    /// <summary>Runs the walk, with the disturbance ahead of each of the given requests.</summary>
    /// <param name="ordinals">The requests; never the first, ahead of which there is nothing to lose.</param>
    public async Task RunAsync(IReadOnlySet<int> ordinals)
    {
        var disturbance = arm switch
        {
            Arm.Kill => Disturbance.Kill,
            Arm.Scale => Disturbance.Replace,
            _ => Disturbance.Restart,
        };
        var instance = runs.Count % laboratory.InstanceCount;
        var places = new List<Place>();
        foreach (var request in controls.Walk.Requests)
        {
            var isDisturbed = ordinals.Contains(request.Ordinal);
            instance = isDisturbed && disturbance == Disturbance.Replace ? (instance + 1) % laboratory.InstanceCount : instance;
            places.Add(new Place(instance) { Before = isDisturbed ? disturbance : Disturbance.None });
        }

        var schedule = new Schedule(arm, places);
        runs.Add((schedule, await laboratory.RunAsync(controls.Walk, schedule)));
    }

    /// <summary>
    /// The first answer that differs in each run, which nothing found so far explains: the place to look further. What
    /// differs by chance does so in one run or two as well, so it is made sure of.
    /// </summary>
    /// <param name="explained">Requests that findings are about.</param>
    /// <param name="isSure">Whether to take the runs at their word, as where there are findings already.</param>
    public async Task<Suspicion?> SuspectAsync(IReadOnlySet<int> explained, bool isSure)
    {
        var tallies = LeafTally.Of(controls.Expectation, [.. runs.Select(static run => run.Run)]);
        var candidates = (
            from tally in tallies
            where tally.Expected is { IsFirm: true } && tally.Misses == runs.Count && !Leaf.IsCookiePath(tally.Path) && !explained.Contains(tally.Ordinal)
            group tally by tally.Ordinal into answer
            orderby answer.Key
            select new Suspicion(answer.Key, answer.MinBy(static tally => LeafTally.Rank(tally.Path))!, runs[^1].Schedule)).ToArray();
        if (isSure)
        {
            return candidates.FirstOrDefault();
        }

        foreach (var candidate in candidates.Take(MaxCandidates))
        {
            var confirmed = await new Confirmation(laboratory, controls).RepeatAsync(OnlyAt(candidate));
            if (confirmed.FirstOrDefault(suspicion => !explained.Contains(suspicion.Ordinal)) is { } suspicion)
            {
                return suspicion;
            }
        }

        return null;
    }

    /// <summary>The schedule of a suspicion with the one disturbance ahead of the answer that differs.</summary>
    private static Schedule OnlyAt(Suspicion suspicion)
    {
        var places = suspicion.Schedule.Places;
        var last = Enumerable.Range(0, suspicion.Ordinal + 1).Last(index => index == 0 || places[index].Before != Disturbance.None);
        return suspicion.Schedule with
        {
            Places = [.. places.Select((place, index) => index < last
                ? new Place(last == 0 ? place.Instance : places[last - 1].Instance)
                : new Place(places[last].Instance) { Before = index == last ? place.Before : Disturbance.None })],
        };
    }
}
