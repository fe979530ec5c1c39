using System.Globalization;
using Holdfast.Cli.Prove.Comparison;
using Holdfast.Cli.Prove.Runs;

namespace Holdfast.Cli.Prove.Trials;

/// <summary>
/// Which answers depend on which requests before them: found by leaving each request out. Only what depends on a write
/// can show that the write was forgotten, so this is what a verdict rests on.
/// </summary>
internal sealed class Dependence(Laboratory laboratory, ControlGroup controls)
{
    private readonly HashSet<(int Write, int Read, string Path)> pairs = [];
    private readonly HashSet<(int Ordinal, string Path)> grown = [];

    /// <summary>Pairs of requests of which the later's answer is another without the earlier, in a value that all undisturbed runs so far have made sure of.</summary>
    public IReadOnlySet<(int Write, int Read)> Pairs =>
        pairs.Where(pair => controls.Expectation.Leaves.GetValueOrDefault((pair.Read, pair.Path)) is null or { IsFirm: true }).Select(static pair => (pair.Write, pair.Read)).ToHashSet();

    /// <summary>Values that are only there because of an earlier write, whatever they are.</summary>
    public IReadOnlySet<(int Ordinal, string Path)> Grown => grown;

    /// <summary>Whether there was time to leave out every request.</summary>
    public bool IsComplete { get; private set; } = true;

    /// <summary>The requests ahead of which a disturbance would show: they depend on one since the last such.</summary>
    public IReadOnlySet<int> TellingPlaces()
    {
        var (pairs, places) = (Pairs, new HashSet<int>());
        var last = -1;
        foreach (var read in pairs.Select(static pair => pair.Read).Distinct().Order())
        {
            if (pairs.Any(pair => pair.Read == read && pair.Write >= last))
            {
                places.Add(read);
                last = read;
            }
        }

        return places;
    }

    /// <summary>Leaves each request out once, of repeats only the last, and looks what else is no longer as it was.</summary>
    public async Task FindAsync()
    {
        var walk = controls.Walk;
        foreach (var request in walk.Requests.SkipLast(1).GroupBy(static request => request.Step).Select(static repeats => repeats.Last()))
        {
            if (!laboratory.Budget.HasShare(0.4))
            {
                IsComplete = false;
                break;
            }

            var rest = walk.Without(request.Ordinal);
            var without = new RunReadings[2];
            for (var run = 0; run < without.Length; run++)
            {
                without[run] = await laboratory.RunAsync(rest, Schedule.Control(rest.Requests.Count, run % laboratory.InstanceCount));
            }

            grown.UnionWith(MissingIn(without, request.Ordinal));
            pairs.UnionWith(
                from tally in LeafTally.Of(controls.Expectation, without)
                where tally.Ordinal > request.Ordinal && tally.Misses == without.Length && tally.Expected is { IsFirm: true, Misses: 0 } && !Leaf.IsCookiePath(tally.Path)
                select (request.Ordinal, tally.Ordinal, tally.Path));
        }

        AddCounters();
    }

    private IEnumerable<(int Ordinal, string Path)> MissingIn(RunReadings[] without, int write) =>
        from key in controls.Expectation.Leaves.Keys
        where key.Ordinal > write && Array.TrueForAll(without, run => !run.Leaves.ContainsKey(key)) && controls.Controls.All(run => run.Leaves.ContainsKey(key))
        select key;

    /// <summary>
    /// A number that each answer to the same request moves on by the same amount, and that time alone does not change, is
    /// counted by the requests themselves.
    /// </summary>
    private void AddCounters()
    {
        foreach (var ((ordinal, path), leaf) in controls.Expectation.Leaves)
        {
            if (leaf is not { Tier: ReadingTier.Amount, IsFirm: true, Misses: 0 })
            {
                continue;
            }

            var step = controls.Walk.Requests.First(request => request.Ordinal == ordinal).Step;
            var earlier = controls.Walk.Requests.LastOrDefault(other => other.Ordinal < ordinal && other.Step.Request == step.Request);
            if (earlier is not null && controls.Controls.Select(run => NumberAt(run, ordinal, path) - NumberAt(run, earlier.Ordinal, path)).Distinct().ToArray() is [not null and not 0])
            {
                pairs.Add((earlier.Ordinal, ordinal, path));
            }
        }
    }

    private static long? NumberAt(RunReadings run, int ordinal, string path) =>
        run.Leaves.TryGetValue((ordinal, path), out var leaf) && long.TryParse(leaf.Shown.Trim('"'), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}
