namespace Holdfast;

/// <summary>A stretch of a partition's journal.</summary>
/// <param name="Events">The events after the position that was asked for, in order; empty at the end of the journal.</param>
/// <param name="HasGap">
/// Whether events between the position that was asked for and the first one here, or the journal's end, were trimmed
/// by the retention limits: the reader has missed something, and must rebuild what it derives from the journal.
/// </param>
/// <param name="At">The partition's moment as of which the page is complete, if it reached the journal's end.</param>
public sealed record JournalPage(IReadOnlyList<JournalEvent> Events, bool HasGap, Stamp At);
