namespace Holdfast.Cli.Prove.Comparison;

/// <summary>What can be said of one value in one run.</summary>
/// <param name="Readings">All of it.</param>
/// <param name="Shown">The value for people.</param>
internal sealed record LeafReadings(IReadOnlyList<Reading> Readings, string Shown)
{
    /// <summary>Nothing is there.</summary>
    public static LeafReadings Absent { get; } = new([new Reading(ReadingTier.Ordered, "absent"), new Reading(ReadingTier.Exact, "absent"), new Reading(ReadingTier.Kind, "absent")], "nothing");
}
