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

    /// <summary>What the runs agree on.</summary>
    /// <param name="leaves">The value in each undisturbed run.</param>
    /// <param name="shared">Raw values that several runs have in common: that they come up twice in a run says nothing of the run.</param>
    public static LeafExpectation Of(IReadOnlyList<LeafReadings> leaves, IReadOnlySet<string> shared)
    {
        var support = new Dictionary<(ReadingTier Tier, string Text), int>();
        foreach (var reading in leaves.SelectMany(static leaf => leaf.Readings.Distinct()))
        {
            if (reading.Token is null || !shared.Contains(reading.Token))
            {
                support[(reading.Tier, reading.Text)] = support.GetValueOrDefault((reading.Tier, reading.Text)) + 1;
            }
        }

        var agreed = support.Where(entry => entry.Value >= Agreement * leaves.Count).Select(static entry => entry.Key).ToArray();
        var shown = leaves.GroupBy(static leaf => leaf.Shown).MaxBy(static group => group.Count())!.Key;
        if (agreed.Length == 0)
        {
            return new LeafExpectation(null, new HashSet<string>(), 0, leaves.Count, shown);
        }

        var tier = agreed.Max(static reading => reading.Tier);
        var expectation = new LeafExpectation(tier, agreed.Where(reading => reading.Tier == tier).Select(static reading => reading.Text).ToHashSet(), 0, leaves.Count, shown);
        return expectation with { Misses = leaves.Count(leaf => !expectation.Accepts(leaf)) };
    }
}
