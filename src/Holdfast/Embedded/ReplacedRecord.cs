namespace Holdfast.Embedded;

/// <summary>What becomes of a record whose one field a commit replaces. A value, so that thousands of them wait for the log side by side.</summary>
/// <param name="Slot">The record's place.</param>
/// <param name="Block">The block of the version after.</param>
/// <param name="Deadline">When that expires.</param>
/// <param name="Revision">The partition's revision after the commit, which is the commit's own.</param>
/// <param name="Origin">Handed to the <see cref="ChangeObserver"/> with the change.</param>
internal readonly record struct ReplacedRecord(int Slot, uint Block, long Deadline, long Revision, object? Origin);
