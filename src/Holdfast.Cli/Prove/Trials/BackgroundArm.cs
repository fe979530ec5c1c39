using System.Globalization;
using Holdfast.Cli.Prove.Comparison;
using Holdfast.Cli.Prove.Diagnosis;
using Holdfast.Cli.Prove.Runs;

namespace Holdfast.Cli.Prove.Trials;

/// <summary>
/// Looks for work that instances do by themselves. Numbers that move while nobody asks are its trace, and those of clocks
/// and uptimes too. Work is told from these by two signs: what a user has written moves, and a restart takes the progress
/// back; or the number moves faster the more instances run.
/// </summary>
internal sealed class BackgroundArm(Laboratory laboratory, ControlGroup controls, Dependence dependence)
{
    /// <summary>How long is waited for numbers to move, at least.</summary>
    private static readonly TimeSpan LeastWait = TimeSpan.FromSeconds(1.5);

    /// <summary>How many answers' numbers are watched.</summary>
    private const int MaxReads = 2;

    /// <summary>How often a speed is measured, with all instances and with one.</summary>
    private const int Speeds = 3;

    private const int Waits = 3;
    private const int Restarts = 3;

    /// <summary>Least motion, in one wait, of a number whose speeds are compared.</summary>
    private const double LeastMotion = 3;

    /// <summary>How much faster a number must move with all instances than with one of them.</summary>
    private const double LeastSpeedUp = 1.8;

    private readonly HashSet<int> searched = [];

    /// <summary>The longer runs take, the longer a number must move to be told from what they differ by.</summary>
    private TimeSpan Wait => Patience.For(LeastWait, controls.Controls);

    /// <summary>Numbers that are not the same in undisturbed runs.</summary>
    private IEnumerable<(int Ordinal, string Path)> Moving =>
        from leaf in controls.Expectation.Leaves
        where !leaf.Value.IsFirm && Leaf.IsBodyPath(leaf.Key.Path) && controls.Controls.All(run => NumberAt(run, leaf.Key) is not null)
        select leaf.Key;

    /// <summary>Whether an answer has numbers that may move by themselves.</summary>
    public bool Moves(int ordinal) => Moving.Any(key => key.Ordinal == ordinal);

    /// <summary>What instances do by themselves; null when nothing points to it.</summary>
    public async Task<Finding?> SearchAsync()
    {
        foreach (var ordinal in Moving.Select(static key => key.Ordinal).Distinct().OrderDescending().Take(MaxReads))
        {
            if (await SearchAsync(ordinal) is { } finding)
            {
                return finding;
            }
        }

        return null;
    }

    /// <summary>What instances do by themselves that shows in one answer; null when nothing points to it, or when that was asked already.</summary>
    public async Task<Finding?> SearchAsync(int ordinal)
    {
        if (!searched.Add(ordinal))
        {
            return null;
        }

        var keys = Moving.Where(key => key.Ordinal == ordinal).ToArray();
        var grown = keys.Where(dependence.Grown.Contains).ToList();
        if (grown.Count > 0 && await LoseProgressAsync(ordinal, grown) is { } lost)
        {
            return lost;
        }

        return controls.Walk.Requests.First(request => request.Ordinal == ordinal).Step.IsSafe ? await MultiplyAsync(ordinal, [.. keys]) : null;
    }

    /// <summary>Whether a restart takes back what time alone has done to something that a user has written.</summary>
    private async Task<Finding?> LoseProgressAsync(int ordinal, List<(int Ordinal, string Path)> keys)
    {
        if (!laboratory.CanDisturb)
        {
            return null;
        }

        if (!laboratory.Budget.Has(Wait * (Waits + 2 * Restarts)))
        {
            laboratory.LeaveOut(Arm.Scale, "there was no time to watch numbers that move by themselves");
            return null;
        }

        // Runs with a wait, each between two without: an uptime goes on from run to run, and what was written begins anew.
        var walk = controls.Walk.Through(ordinal);
        var at = new List<RunReadings> { await laboratory.RunAsync(walk, Schedule.Control(walk.Requests.Count, 0)) };
        var waited = new List<RunReadings>();
        while (waited.Count < Waits)
        {
            waited.Add(await laboratory.RunAsync(walk, Watched(walk, Arm.Control, Disturbance.None)));
            at.Add(await laboratory.RunAsync(walk, Schedule.Control(walk.Requests.Count, 0)));
            keys.RemoveAll(key => Motion.Of(ValuesAt(at, key), ValuesAt(waited, key)) is null);
            if (keys.Count == 0)
            {
                return null;
            }
        }

        var restarted = new List<RunReadings>();
        while (restarted.Count < Restarts)
        {
            restarted.Add(await laboratory.RunAsync(walk, Watched(walk, Arm.Restart, Disturbance.Restart)));
            keys.RemoveAll(key => Motion.Of(ValuesAt(at, key), ValuesAt(waited, key))?.IsTakenBackBy(NumberAt(restarted[^1], key)) != true);
            if (keys.Count == 0)
            {
                return null;
            }
        }

        var lost = keys.MinBy(static key => LeafTally.Rank(key.Path));
        return FindingOf(walk, Watched(walk, Arm.Restart, Disturbance.Restart), lost, Arm.Restart, Restarts,
            $"about {ShownAt(waited[^1], lost)}, {Wait.TotalSeconds:0.#} s after it was {ShownAt(at[^1], lost)}", ShownAt(restarted[^1], lost));
    }

    /// <summary>Whether a number moves faster the more instances run.</summary>
    private async Task<Finding?> MultiplyAsync(int ordinal, List<(int Ordinal, string Path)> keys)
    {
        if (!laboratory.CanDisturb)
        {
            return null;
        }

        if (!laboratory.Budget.Has(Wait * (2 * Speeds)))
        {
            laboratory.LeaveOut(Arm.Scale, "there was no time to watch numbers that move by themselves");
            return null;
        }

        // The read twice, with a wait in between.
        var prefix = controls.Walk.Through(ordinal);
        var again = prefix.Requests[^1] with { Ordinal = controls.Walk.Requests.Count };
        var walk = new Walk([.. prefix.Requests, again]);
        var (all, one) = (new List<RunReadings>(), new List<RunReadings>());
        while (all.Count < Speeds)
        {
            all.Add(await laboratory.RunAsync(walk, Watched(walk, Arm.Control, Disturbance.None)));
            keys.RemoveAll(key => Math.Abs(MotionIn(all[^1], key, again)) < LeastMotion || !Motion.IsOneWay(SeriesIn(all, key, again)));
            if (keys.Count == 0)
            {
                return null;
            }
        }

        await laboratory.Runner.StopAllButAsync(0);
        while (one.Count < Speeds)
        {
            one.Add(await laboratory.RunAsync(walk, Watched(walk, Arm.Scale, Disturbance.None)));
            keys.RemoveAll(key => !Motion.IsOneWay(SeriesIn([.. all, .. one], key, again))
                || all.Any(many => Math.Abs(MotionIn(many, key, again)) < LeastSpeedUp * Math.Abs(MotionIn(one[^1], key, again))));
            if (keys.Count == 0)
            {
                return null;
            }
        }

        var key = keys.MinBy(static key => LeafTally.Rank(key.Path));
        return FindingOf(walk, Watched(walk, Arm.Scale, Disturbance.None), (again.Ordinal, key.Path), Arm.Scale, Speeds,
            $"moves by {MotionIn(one[^1], key, again):0.##} in {Wait.TotalSeconds:0.#} s with one instance",
            $"by {MotionIn(all[^1], key, again):0.##} with {laboratory.InstanceCount}");
    }

    /// <summary>With a wait ahead of the last request; and ahead of the first where there is to be progress that a restart can take back.</summary>
    private Schedule Watched(Walk walk, Arm arm, Disturbance before) => new(arm, [.. walk.Requests.Select((_, index) => new Place(0)
    {
        Before = index == walk.Requests.Count - 1 ? before : Disturbance.None,
        Pause = index == walk.Requests.Count - 1 || (index == 0 && before != Disturbance.None) ? Wait : TimeSpan.Zero,
    })]);

    private static double?[] ValuesAt(IReadOnlyList<RunReadings> runs, (int, string) key) => [.. runs.Select(run => NumberAt(run, key))];

    /// <summary>The number in the order in which it was read, twice in each run.</summary>
    private static double?[] SeriesIn(IReadOnlyList<RunReadings> runs, (int Ordinal, string Path) key, WalkRequest again) =>
        [.. runs.SelectMany(run => (double?[])[NumberAt(run, key), NumberAt(run, (again.Ordinal, key.Path))])];

    private static double MotionIn(RunReadings run, (int Ordinal, string Path) key, WalkRequest again) =>
        NumberAt(run, key) is { } from && NumberAt(run, (again.Ordinal, key.Path)) is { } to ? to - from : 0;

    private static string ShownAt(RunReadings run, (int, string) key) => run.Leaves[key].Shown;

    private static double? NumberAt(RunReadings run, (int, string) key) =>
        run.Leaves.TryGetValue(key, out var leaf) && VolatileText.KindOf(leaf.Shown.Trim('"')) is null
            && double.TryParse(leaf.Shown, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    private Finding FindingOf(Walk walk, Schedule schedule, (int Ordinal, string Path) key, Arm arm, int runs, string expected, string got) => new()
    {
        Kind = FindingKind.BackgroundWork,
        Arms = [arm],
        Witness = new Witness(walk, schedule, new LeafTally(key.Ordinal, key.Path, runs, runs, new LeafExpectation(null, new HashSet<string>(), 0, controls.Controls.Count, expected), got)),
        Signs = new Signs(),
    };
}
