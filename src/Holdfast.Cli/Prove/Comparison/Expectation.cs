namespace Holdfast.Cli.Prove.Comparison;

/// <summary>What undisturbed runs of a walk agree on: the measure of the others.</summary>
internal sealed class Expectation
{
    private readonly Dictionary<(int Ordinal, string Path), LeafExpectation> leaves;

    private Expectation(Dictionary<(int Ordinal, string Path), LeafExpectation> leaves, int runs) => (this.leaves, Runs) = (leaves, runs);

    /// <summary>How many undisturbed runs it was learnt from.</summary>
    public int Runs { get; }

    public IReadOnlyDictionary<(int Ordinal, string Path), LeafExpectation> Leaves => leaves;

    /// <summary>What differs between undisturbed runs.</summary>
    public IEnumerable<Noise> Noise =>
        from leaf in leaves
        where !leaf.Value.IsFirm && leaf.Value.Shown != LeafReadings.Absent.Shown
        let kind = leaf.Value switch
        {
            { IsTimely: true } => "changes with time",
            { Tier: ReadingTier.Kind } kind => kind.Accepted.First() switch
            {
                VolatileText.Time => "time",
                VolatileText.Uuid or VolatileText.Token => "random value",
                _ => "differs from run to run",
            },
            _ => "differs from run to run",
        }
        select new Noise(leaf.Key.Ordinal, leaf.Key.Path, kind, leaf.Value.Shown);

    /// <summary>Learns from undisturbed runs of one walk.</summary>
    /// <param name="controls">The runs, at least one.</param>
    /// <param name="slow">Undisturbed runs with pauses: what differs in each of them differs with time, and is expected of none.</param>
    /// <param name="known">
    /// What is known from other undisturbed runs, of the whole walk: what is noise there, or differs with time, is so in these,
    /// even if they agree. On instances that have just been started, all that counts since then is the same for a while.
    /// </param>
    public static Expectation Learn(IReadOnlyList<RunReadings> controls, IReadOnlyList<RunReadings> slow, Expectation? known = null)
    {
        var shared = controls.SelectMany(static run => run.Tokens).GroupBy(static token => token).Where(static group => group.Skip(1).Any()).Select(static group => group.Key).ToHashSet();
        var keys = controls.Concat(slow).SelectMany(static run => run.Leaves.Keys).Distinct();
        var leaves = new Dictionary<(int, string), LeafExpectation>();
        foreach (var key in keys)
        {
            var elsewhere = known?.leaves.GetValueOrDefault(key);
            var most = elsewhere is null or { Tier: > ReadingTier.Kind } ? ReadingTier.Ordered : elsewhere.Tier;
            var expectation = LeafExpectation.Of([.. controls.Select(run => run.Leaves.GetValueOrDefault(key, LeafReadings.Absent))], shared, most);
            leaves[key] = expectation with
            {
                IsTimely = elsewhere is { IsTimely: true }
                    || (slow.Count > 0 && slow.All(run => !expectation.StandsStill(run.Leaves.GetValueOrDefault(key, LeafReadings.Absent)))),
            };
        }

        return new Expectation(leaves, controls.Count);
    }

    /// <summary>The values of a run that are not as expected, in the order of its requests.</summary>
    public IEnumerable<Deviation> Check(RunReadings run)
    {
        foreach (var (key, leaf) in run.Leaves)
        {
            if (!leaves.TryGetValue(key, out var expected))
            {
                yield return new Deviation(key.Ordinal, key.Path, LeafReadings.Absent.Shown, leaf.Shown);
            }
            else if (!expected.IsTimely && !expected.Accepts(leaf))
            {
                yield return new Deviation(key.Ordinal, key.Path, expected.Shown, leaf.Shown);
            }
        }

        var ordinals = run.Run.Walk.Requests.Select(static request => request.Ordinal).ToHashSet();
        foreach (var (key, expected) in leaves)
        {
            if (ordinals.Contains(key.Ordinal) && !run.Leaves.ContainsKey(key) && !expected.IsTimely && !expected.Accepts(LeafReadings.Absent))
            {
                yield return new Deviation(key.Ordinal, key.Path, expected.Shown, LeafReadings.Absent.Shown);
            }
        }
    }
}
