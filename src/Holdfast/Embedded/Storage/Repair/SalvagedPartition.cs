namespace Holdfast.Embedded;

/// <summary>What a repair knows of a partition while it reads a damaged store.</summary>
internal sealed class SalvagedPartition(int index)
{
    public int Index => index;

    /// <summary>The last frame of the log that the snapshot includes.</summary>
    public long SnapshotSequence { get; set; }

    /// <summary>The last revision that is kept.</summary>
    public long Revision { get; set; }

    /// <summary>The addresses of the records that are there, and the revision of each.</summary>
    public Dictionary<string, long> Records { get; } = new(StringComparer.Ordinal);

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
        commit.Changes.TrueForAll(change => change.Effect is ChangeEffect.Create or ChangeEffect.Delete || Records.ContainsKey(change.Address));

    /// <summary>Takes the commit's effect on which records there are.</summary>
    /// <param name="commit">The commit.</param>
    /// <param name="isWhileCopied">Whether the snapshot may show it already, and what follows it: see <see cref="LogReplay"/>.</param>
    public void Keep(CommitOutline commit, bool isWhileCopied)
    {
        KeptCommits++;
        Revision = Math.Max(Revision, commit.Revision);
        foreach (var (effect, address) in commit.Changes)
        {
            var isThere = Records.TryGetValue(address, out var known);
            if (effect == ChangeEffect.Delete)
            {
                _ = isThere && !(isWhileCopied && known > commit.Revision) && Records.Remove(address);
            }
            else if (isThere || effect == ChangeEffect.Create)
            {
                Records[address] = Math.Max(known, commit.Revision);
            }
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
