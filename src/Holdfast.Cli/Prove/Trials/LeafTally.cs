using Holdfast.Cli.Prove.Comparison;

namespace Holdfast.Cli.Prove.Trials;

/// <summary>How often a value was not as expected, in disturbed runs and in undisturbed ones.</summary>
internal sealed record LeafTally(int Ordinal, string Path, int Misses, int Runs, LeafExpectation Expected, string Got)
{
    /// <summary>Whether the differences are no chance.</summary>
    public bool IsSignificant(double maxChance = Significance.MaxChance) =>
        Expected.IsFirm && Significance.IsMet(Misses, Runs, Expected.Misses, Expected.Runs, maxChance);

    /// <summary>Whether more runs may yet make it significant: it is expected at all, and differs more often than not.</summary>
    public bool IsOpen => Expected.IsFirm && Misses * 2 > Runs && Expected.Misses * 2 < Expected.Runs;

    /// <summary>The tallies of all values that were not as expected in at least one of the runs.</summary>
    public static IReadOnlyList<LeafTally> Of(Expectation expectation, IReadOnlyList<RunReadings> runs)
    {
        var deviations = runs.SelectMany(expectation.Check).GroupBy(static deviation => (deviation.Ordinal, deviation.Path));
        return
        [
            .. from leaf in deviations
               let expected = expectation.Leaves.GetValueOrDefault(leaf.Key) ?? LeafExpectation.Of(Enumerable.Repeat(LeafReadings.Absent, expectation.Runs).ToArray(), new HashSet<string>())
               orderby leaf.Key.Ordinal
               select new LeafTally(leaf.Key.Ordinal, leaf.Key.Path, leaf.Count(), runs.Count, expected, leaf.Last().Got),
        ];
    }

    /// <summary>How much the value tells a reader, of several that differ in one answer; the least is the best.</summary>
    public static int Rank(string path) =>
        Leaf.IsStatusPath(path) ? 0
        : Leaf.IsBodyPath(path) ? 1 + path.Count(static sign => sign == '[')
        : Leaf.IsHeaderPath(path) ? 100
        : 1000;
}
