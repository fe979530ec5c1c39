namespace Holdfast;

/// <summary>What a read answered.</summary>
/// <param name="Record">The record, or null when there is none.</param>
/// <param name="At">
/// The partition's moment as of which the record, or its absence, is known. The record is at least as new as this
/// and is never older.
/// </param>
public readonly record struct Reading(Record? Record, Stamp At)
{
    /// <summary>Whether a near cache answered and nothing was asked of the store.</summary>
    public bool IsNear { get; init; }
}
