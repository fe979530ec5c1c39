namespace Holdfast;

/// <summary>What a damaged store has lost of a partition.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="KeptRevision">The last revision that is kept. Stamps beyond it are told to be lost from the next start on.</param>
/// <param name="DroppedCommits">How many commits can be read but follow one that is missing, and are dropped.</param>
/// <param name="DroppedRecords">How many records those would have changed.</param>
/// <param name="IsBaseLost">
/// Whether a part of its snapshot is missing: then its records are what could be read, its journal begins anew, and every stamp of it from before is told to be lost.
/// </param>
public sealed record PartitionLoss(int Partition, long KeptRevision, long DroppedCommits, int DroppedRecords, bool IsBaseLost);
