using Holdfast.Cli.Prove.Comparison;
using Holdfast.Cli.Prove.Diagnosis;
using Holdfast.Cli.Prove.Runs;

namespace Holdfast.Cli.Prove.Trials;

/// <summary>
/// Runs the scenario over two builds side by side, as while a new one is rolled out or taken back. Each build may answer
/// in its own way: only what neither does alone is a difference.
/// </summary>
internal sealed class DeployArm(Laboratory laboratory, ControlGroup controls)
{
    private const int ControlRuns = 6;

    /// <summary>How often an order must show a difference, all times it is run.</summary>
    private const int Repeats = 3;

    /// <summary>What one build makes of what the other has written; null when nothing differs.</summary>
    /// <exception cref="CommandException">The next build doesn't start, or answers no request of the scenario as it should.</exception>
    public async Task<Finding?> SearchAsync()
    {
        var next = laboratory.Runner.NextInstance!.Value;
        var alone = await LearnAsync(controls.Walk, next, ControlRuns);
        if (ControlCheck.Problem(alone.Controls) is { } problem)
        {
            throw new CommandException($"the next build by itself, without the other: {problem}");
        }

        foreach (var order in OrdersOf(controls.Walk.Requests.Count, next))
        {
            if (!laboratory.Budget.Has(TimeSpan.Zero))
            {
                laboratory.LeaveOut(Arm.Deploy, "there was no time");
                break;
            }

            if (await DiffersAsync(controls.Walk, order, controls.Expectation, alone.Expectation) is { } leaf)
            {
                return await ShrinkAsync(order, leaf, next);
            }
        }

        return null;
    }

    /// <summary>Forwards, backwards, and each in turn.</summary>
    private static IEnumerable<Schedule> OrdersOf(int count, int next) =>
    [
        Schedule.Of(Arm.Deploy, Enumerable.Range(0, count).Select(index => index % 2 == 0 ? 0 : next)),
        Schedule.Of(Arm.Deploy, Enumerable.Range(0, count).Select(index => index % 2 == 0 ? next : 0)),
        Schedule.Of(Arm.Deploy, Enumerable.Range(0, count).Select(index => index == count - 1 ? next : 0)),
        Schedule.Of(Arm.Deploy, Enumerable.Range(0, count).Select(index => index == count - 1 ? 0 : next)),
        Schedule.Of(Arm.Deploy, Enumerable.Range(0, count).Select(index => index * 2 < count ? 0 : next)),
        Schedule.Of(Arm.Deploy, Enumerable.Range(0, count).Select(index => index * 2 < count ? next : 0)),
    ];

    private async Task<ControlGroup> LearnAsync(Walk walk, int instance, int runs)
    {
        var group = controls.For(walk);
        for (var run = 0; run < runs; run++)
        {
            group.Add(await laboratory.RunAsync(walk, Schedule.Control(walk.Requests.Count, instance)));
        }

        return group;
    }

    /// <summary>The first value that is as in neither build alone, in every repeat; null when there is none.</summary>
    private async Task<LeafTally?> DiffersAsync(Walk walk, Schedule order, Expectation old, Expectation next)
    {
        var runs = new List<RunReadings>();
        IReadOnlyList<LeafTally> tallies = [];
        while (runs.Count < Repeats)
        {
            runs.Add(await laboratory.RunAsync(walk, order));
            var unlikeNext = LeafTally.Of(next, runs).Where(tally => IsSure(tally, runs.Count)).ToDictionary(static tally => (tally.Ordinal, tally.Path));
            tallies = [.. LeafTally.Of(old, runs).Where(tally => IsSure(tally, runs.Count) && unlikeNext.ContainsKey((tally.Ordinal, tally.Path)))];
            if (tallies.Count == 0)
            {
                return null;
            }
        }

        return tallies.OrderBy(static tally => tally.Ordinal).ThenBy(static tally => LeafTally.Rank(tally.Path)).First();
    }

    private static bool IsSure(LeafTally tally, int runs) =>
        tally.Misses == runs && tally.Expected is { IsFirm: true, Misses: 0 } && !Leaf.IsCookiePath(tally.Path) && !Leaf.IsHeaderPath(tally.Path);

    /// <summary>One write on one build and the read on the other, if that shows it, and else all that came before the read.</summary>
    private async Task<Finding> ShrinkAsync(Schedule order, LeafTally leaf, int next)
    {
        var prefix = controls.Walk.Through(leaf.Ordinal);
        var places = order.Places.Take(prefix.Requests.Count).ToArray();
        var witness = new Witness(prefix, order with { Places = places }, leaf);
        foreach (var write in prefix.Requests.SkipLast(1).Reverse())
        {
            var walk = new Walk([write, prefix.Requests[^1]]);
            foreach (var small in (Schedule[])[Schedule.Of(Arm.Deploy, [0, next]), Schedule.Of(Arm.Deploy, [next, 0])])
            {
                var old = await LearnAsync(walk, 0, Repeats);
                var alone = await LearnAsync(walk, next, Repeats);
                if (laboratory.Budget.Has(TimeSpan.Zero) && await DiffersAsync(walk, small, old.Expectation, alone.Expectation) is { } found && found.Ordinal == leaf.Ordinal)
                {
                    return FindingOf(new Witness(walk, small, found));
                }
            }
        }

        return FindingOf(witness);
    }

    private static Finding FindingOf(Witness witness) => new() { Kind = FindingKind.Unknown, Arms = [Arm.Deploy], Witness = witness, Signs = new Signs() };
}
