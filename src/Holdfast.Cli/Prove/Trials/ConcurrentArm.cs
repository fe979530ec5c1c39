using Holdfast.Cli.Prove.Comparison;
using Holdfast.Cli.Prove.Diagnosis;
using Holdfast.Cli.Prove.Runs;

namespace Holdfast.Cli.Prove.Trials;

/// <summary>
/// Sends writes of one user at once, and looks whether a later answer still shows all of them. An update is lost when
/// every one of them was answered as it is one after the other, and what is read later is what fewer of them would have
/// left. That the order is another, or that some were refused, is none.
/// </summary>
internal sealed class ConcurrentArm(Laboratory laboratory, ControlGroup controls)
{
    /// <summary>How often a group is sent at once, at most.</summary>
    private const int MaxRuns = 8;

    /// <summary>How many of those must have lost an update, for good.</summary>
    private const int RunsToBeSure = 2;

    private const int ControlRuns = 6;
    private const int OtherRuns = 3;
    private const int MaxGroups = 3;

    /// <summary>What overlapping requests lose; null when nothing was seen to be lost.</summary>
    public async Task<Finding?> SearchAsync()
    {
        var groups = Overlap.GroupsOf(controls.Walk);
        if (groups.Count == 0)
        {
            laboratory.LeaveOut(Arm.Concurrent, "no write of the scenario is sent more than once: add times or concurrently to one");
            return null;
        }

        foreach (var group in groups.Take(MaxGroups))
        {
            if (!laboratory.Budget.Has(TimeSpan.Zero))
            {
                laboratory.LeaveOut(Arm.Concurrent, "there was no time");
                return null;
            }

            // Who has no session yet gets several by sending several requests at once, as every browser does.
            var able = group.Skip(1 + group.ToList().FindLastIndex(request => controls.Controls.Any(run => BringsCookie(run, request)))).ToList();
            if (able.Count > 1 && await TryAsync(Overlap.Of(controls.Walk, able)) is { } finding)
            {
                return finding;
            }
        }

        return null;
    }

    /// <summary>Whether the answer sets a cookie that the user didn't have.</summary>
    private static bool BringsCookie(RunReadings run, WalkRequest request) =>
        run.Run.Answers[request.Ordinal].Hops.Any(static hop => hop.Set.Any(cookie => !cookie.IsRemoval && hop.Sent.All(sent => sent.Name != cookie.Name)));

    private async Task<Finding?> TryAsync(Overlap overlap)
    {
        List<ControlGroup> same = [await LearnAsync(overlap.Walk, OtherRuns, keepsCookies: true)];
        if (overlap.Reversed is { } reversed)
        {
            same.Add(await LearnAsync(reversed, OtherRuns));
        }

        var measure = new LossMeasure(overlap, await LearnAsync(overlap.Walk, ControlRuns), await LearnAsync(overlap.Without, OtherRuns), same);
        if (!measure.ShowsTheWrites)
        {
            return null;
        }

        var lost = new List<Loss>();
        var later = Patience.For(CauseSearch.Later, controls.Controls);
        var runs = 0;
        for (; runs < MaxRuns && lost.Count < RunsToBeSure && laboratory.Budget.Has(later); runs++)
        {
            if (measure.LossIn(await laboratory.RunAsync(overlap.Walk, Schedule(overlap, TimeSpan.Zero))) is null)
            {
                continue;
            }

            // A write that arrives later is none that is lost.
            runs++;
            if (measure.LossIn(await laboratory.RunAsync(overlap.Walk, Schedule(overlap, later))) is { } loss)
            {
                lost.Add(loss);
            }
        }

        return lost.Count < RunsToBeSure ? null : FindingOf(overlap, lost, runs);
    }

    private async Task<ControlGroup> LearnAsync(Walk walk, int runs, bool keepsCookies = false)
    {
        var group = controls.For(walk);
        for (var run = 0; run < runs; run++)
        {
            group.Add(await laboratory.RunAsync(walk, Runs.Schedule.Control(walk.Requests.Count, run % laboratory.InstanceCount) with { KeepsCookies = keepsCookies }));
        }

        return group;
    }

    /// <summary>The group's requests to one instance after the other, all else to the first.</summary>
    private Schedule Schedule(Overlap overlap, TimeSpan pause) => new(Arm.Concurrent, [.. overlap.Walk.Requests.Select((request, index) =>
        new Place(overlap.Contains(request) ? index % laboratory.InstanceCount : 0) { Pause = index == overlap.End ? pause : TimeSpan.Zero })])
    {
        IsConcurrent = true,
    };

    private Finding FindingOf(Overlap overlap, List<Loss> lost, int runs)
    {
        var loss = lost[^1];
        var walk = overlap.Shortest(loss.Ordinal);
        var whole = Schedule(overlap, TimeSpan.Zero);
        var kept = walk.Requests.Select(request => whole.Places[overlap.Walk.Requests.ToList().IndexOf(request)]);
        return new Finding
        {
            Kind = FindingKind.LostUpdate,
            Arms = [Arm.Concurrent],
            Witness = new Witness(walk, whole with { Places = [.. kept] }, new LeafTally(loss.Ordinal, loss.Path, lost.Count, runs, loss.Expected, loss.Got)),
            Signs = new Signs(),
        };
    }
}
