namespace Holdfast.Embedded;

/// <summary>What a repair knows of a partition while it reads a damaged store.</summary>
internal sealed class SalvagedPartition(int index)
{
    public int Index => index;

    /// <summary>The last frame of the log that the snapshot includes.</summary>
    public long SnapshotSequence { get; set; }

    /// <summary>The last revision that is kept.</summary>
    public long Revision { get; set; }

    /// <summary>The addresses of the records that are there.</summary>
    public HashSet<string> Records { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// Whether something is missing that no revision tells of: records of the snapshot, or the revision itself. Every stamp
    /// of such a partition counts as lost from now on.
    /// </summary>
    public bool IsBaseLost { get; set; }

    /// <summary>Whether a commit of it is missing in the log: what follows is dropped, so that what is left was once all there was.</summary>
    public bool IsCut { get; set; }

    public long KeptCommits { get; set; }

    public long DroppedCommits { get; private set; }

    /// <summary>The records that dropped commits would have changed.</summary>
    public HashSet<string> DroppedRecords { get; } = new(StringComparer.Ordinal);

    public bool HasLoss => IsBaseLost || IsCut;

    /// <summary>Whether the commit follows what is kept, or nothing is known of that.</summary>
    public bool Continues(CommitOutline commit) =>
        !IsCut && (IsBaseLost || commit.Revision == Revision + (commit.TakesRevision ? 1 : 0));

    /// <summary>Whether each record that the commit changes is there.</summary>
    public bool CanApply(CommitOutline commit) =>
        commit.Changes.TrueForAll(change => change.Effect is ChangeEffect.Create or ChangeEffect.Delete || Records.Contains(change.Address));

    public void Keep(CommitOutline commit)
    {
        KeptCommits++;
        Revision = Math.Max(Revision, commit.Revision);
        foreach (var (effect, address) in commit.Changes)
        {
            _ = effect == ChangeEffect.Delete ? Records.Remove(address) : Records.Add(address);
        }
    }

    /// <summary>Counts a commit that is dropped.</summary>
    public void Drop(CommitOutline commit)
    {
        DroppedCommits++;
        foreach (var (_, address) in commit.Changes)
        {
            DroppedRecords.Add(address);
        }
    }
}
