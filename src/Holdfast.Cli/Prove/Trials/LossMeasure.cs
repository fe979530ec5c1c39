using System.Globalization;
using System.Text.RegularExpressions;
using Holdfast.Cli.Prove.Comparison;

namespace Holdfast.Cli.Prove.Trials;

/// <summary>Tells what fewer writes would have left from what all of them leave, and both from what is only in another order.</summary>
internal sealed partial class LossMeasure
{
    private readonly Overlap overlap;
    private readonly ControlGroup all;
    private readonly Dictionary<(int Ordinal, string Path), (double All, double None)> telling = [];

    /// <param name="overlap">The writes.</param>
    /// <param name="all">Runs in which the writes are sent one after the other.</param>
    /// <param name="none">Runs in which none of them is sent.</param>
    /// <param name="same">
    /// Runs that have to leave as much as all of the writes do, or else it depends on more than their number: sent in the
    /// opposite order, or without what the user's cookies tell of one to the next.
    /// </param>
    public LossMeasure(Overlap overlap, ControlGroup all, ControlGroup none, IReadOnlyList<ControlGroup> same)
    {
        (this.all, this.overlap) = (all, overlap);
        var last = overlap.Walk.Requests[overlap.End - 1].Ordinal;
        foreach (var (key, leaf) in all.Expectation.Leaves)
        {
            if (key.Ordinal <= last || !Leaf.IsBodyPath(key.Path) || leaf is not { IsFirm: true, Misses: 0 })
            {
                continue;
            }

            // What depends on the order, as the last of several values does, tells nothing of how many there were.
            if (ExtentIn(all, key) is { } full && (ExtentIn(none, key) ?? NothingIn(none, key)) is { } empty && full != empty
                && same.All(others => ExtentIn(others, key) == full))
            {
                telling[key] = (full, empty);
            }
        }
    }

    /// <summary>Whether a later answer holds as much as was written.</summary>
    public bool ShowsTheWrites => telling.Count > 0;

    /// <summary>A value that is as after fewer writes, although all of them were accepted; null when there is none.</summary>
    public Loss? LossIn(RunReadings run)
    {
        var accepted = run.Run.Walk.Requests.Where(overlap.Contains).All(request => Accepts(run, (request.Ordinal, Leaf.Status)));
        if (!accepted)
        {
            return null;
        }

        foreach (var (key, (full, empty)) in telling.OrderBy(static leaf => leaf.Key.Ordinal).ThenBy(static leaf => LeafTally.Rank(leaf.Key.Path)))
        {
            var leaf = run.Leaves.GetValueOrDefault(key, LeafReadings.Absent);
            var extent = leaf == LeafReadings.Absent ? 0 : ExtentOf(leaf);
            if (Accepts(run, (key.Ordinal, Leaf.Status)) && extent is { } got && got != full && got >= Math.Min(full, empty) && got <= Math.Max(full, empty)
                && !IsMoved(run, key))
            {
                return new Loss(key.Ordinal, key.Path, all.Expectation.Leaves[key], leaf.Shown);
            }
        }

        return null;
    }

    /// <summary>Whether the value is an item's, and all that its list's items have there is what it was, but in another order.</summary>
    private bool IsMoved(RunReadings run, (int Ordinal, string Path) key) =>
        Place(key.Path) != key.Path && ItemsOf(run, key) is var items && all.Controls.Any(control => ItemsOf(control, key).SequenceEqual(items));

    /// <summary>What all items of a value's list have at the value's place, the least first.</summary>
    private static double?[] ItemsOf(RunReadings run, (int Ordinal, string Path) key)
    {
        var place = Place(key.Path);
        return
        [
            .. run.Leaves.Where(leaf => leaf.Key.Ordinal == key.Ordinal && Place(leaf.Key.Path) == place)
                .Select(static leaf => ExtentOf(leaf.Value)).Order(),
        ];
    }

    private static string Place(string path) => Leaf.ReplaceIndexes(path, "[]");

    private bool Accepts(RunReadings run, (int Ordinal, string Path) key) =>
        all.Expectation.Leaves[key].Accepts(run.Leaves.GetValueOrDefault(key, LeafReadings.Absent));

    /// <summary>How much the value holds, if that is the same in all the runs.</summary>
    private static double? ExtentIn(ControlGroup group, (int, string) key)
    {
        var extents = group.Controls.Select(run => run.Leaves.TryGetValue(key, out var leaf) ? ExtentOf(leaf) : null).Distinct().ToArray();
        return extents.Length == 1 ? extents[0] : null;
    }

    /// <summary>Nothing, where the value is in none of the runs.</summary>
    private static double? NothingIn(ControlGroup group, (int, string) key) => group.Controls.All(run => !run.Leaves.ContainsKey(key)) ? 0 : null;

    /// <summary>How many items a list has, or the one number that a text has.</summary>
    private static double? ExtentOf(LeafReadings leaf)
    {
        foreach (var reading in leaf.Readings)
        {
            if (reading.Tier == ReadingTier.Amount && ItemCount().Match(reading.Text) is { Success: true } count)
            {
                return int.Parse(count.Groups[1].Value, CultureInfo.InvariantCulture);
            }
        }

        return Number().Matches(leaf.Shown) is [var number] && double.TryParse(number.Value, CultureInfo.InvariantCulture, out var value) ? value : null;
    }

    [GeneratedRegex(@"^(\d+) items$")]
    private static partial Regex ItemCount();

    [GeneratedRegex(@"(?<![\w.])-?\d{1,15}(\.\d+)?(?![\w.])")]
    private static partial Regex Number();
}
