namespace Holdfast.Cli.Prove.Comparison;

/// <summary>What undisturbed runs agree on for one value.</summary>
/// <param name="Tier">How much they agree on; null when on nothing.</param>
/// <param name="Accepted">What may be read at that tier.</param>
/// <param name="Misses">How many of the undisturbed runs read something else.</param>
/// <param name="Runs">How many there were.</param>
/// <param name="Shown">The value for people, as most runs have it.</param>
internal sealed record LeafExpectation(ReadingTier? Tier, IReadOnlySet<string> Accepted, int Misses, int Runs, string Shown)
{
    /// <summary>The share of undisturbed runs that must agree on something for it to be expected.</summary>
    public const double Agreement = 0.75;

    /// <summary>Whether the value changed when nothing happened but time.</summary>
    public bool IsTimely { get; init; }

    /// <summary>Whether no more than its kind is expected though half of the runs or more have the same: so few runs may have met a chance.</summary>
    public bool IsOpen { get; private init; }

    /// <summary>By how much the new numbers among what is accepted move on from one answer to the next.</summary>
    private Dictionary<string, long> Steps { get; init; } = [];

    /// <summary>Whether the value itself is expected, or items of it, and not only its kind.</summary>
    public bool IsFirm => Tier > ReadingTier.Kind && !IsTimely;

    /// <summary>Whether the readings are as expected.</summary>
    public bool Accepts(LeafReadings leaf)
    {
        foreach (var reading in leaf.Readings)
        {
            if (reading.Tier == Tier && Accepted.Contains(reading.Text))
            {
                return true;
            }
        }

        return Tier is null;
    }

    /// <summary>Whether the readings of a run with pauses are as expected: a number that moves on further then is moved by time.</summary>
    public bool StandsStill(LeafReadings leaf) => Tier is null || leaf.Readings.Any(reading =>
        reading.Tier == Tier && Accepted.Contains(reading.Text) && (reading.By is not { } by || Steps[reading.Text] == by));

    /// <summary>What the runs agree on. That a number is new, only if each of them has moved it on by the same: then it is counted.</summary>
    /// <param name="leaves">The value in each undisturbed run.</param>
    /// <param name="shared">Raw values that several runs have in common: that they come up twice in a run says nothing of the run.</param>
    /// <param name="most">The most that may be expected; null for nothing.</param>
    public static LeafExpectation Of(IReadOnlyList<LeafReadings> leaves, IReadOnlySet<string> shared, ReadingTier? most = ReadingTier.Ordered)
    {
        var support = new Dictionary<(ReadingTier Tier, string Text, long? By), int>();
        foreach (var reading in leaves.SelectMany(static leaf => leaf.Readings.Distinct()))
        {
            if (reading.Tier <= most && (reading.Token is null || !shared.Contains(reading.Token)))
            {
                var key = (reading.Tier, reading.Text, reading.By);
                support[key] = support.GetValueOrDefault(key) + 1;
            }
        }

        var isOpen = support.Any(entry => entry.Key.Tier > ReadingTier.Kind && entry.Value * 2 >= leaves.Count);
        var agreed = support.Where(entry => entry.Value >= Agreement * leaves.Count).Select(static entry => entry.Key).ToArray();
        var shown = leaves.GroupBy(static leaf => leaf.Shown).MaxBy(static group => group.Count())!.Key;
        if (agreed.Length == 0)
        {
            return new LeafExpectation(null, new HashSet<string>(), 0, leaves.Count, shown) { IsOpen = isOpen };
        }

        var tier = agreed.Max(static reading => reading.Tier);
        var held = agreed.Where(reading => reading.Tier == tier).ToArray();
        var expectation = new LeafExpectation(tier, held.Select(static reading => reading.Text).ToHashSet(), 0, leaves.Count, shown)
        {
            IsOpen = isOpen && tier == ReadingTier.Kind,
            Steps = held.Where(static reading => reading.By is not null).ToDictionary(static reading => reading.Text, static reading => reading.By!.Value),
        };
        return expectation with { Misses = leaves.Count(leaf => !expectation.Accepts(leaf)) };
    }
}
