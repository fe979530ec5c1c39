namespace Holdfast;

/// <summary>One server process's tenure of a partition, and the last revision that it found when it opened.</summary>
/// <param name="Term">The term's number; higher than every earlier one's.</param>
/// <param name="FoundRevision">The partition's revision when the term opened: where the term before it ended.</param>
public readonly record struct TermStart(long Term, long FoundRevision);

/// <summary>What a partition tells of itself.</summary>
public sealed class PartitionHead
{
    /// <summary>How many terms a partition remembers; stamps of older ones count as lost.</summary>
    public const int MaxTerms = 64;

    /// <summary>Makes a head; engines do this.</summary>
    /// <param name="partition">The partition, from 0.</param>
    /// <param name="revision">The number of its last commit.</param>
    /// <param name="terms">Its terms, oldest first, the running one last; at least one.</param>
    public PartitionHead(int partition, long revision, IReadOnlyList<TermStart> terms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        ArgumentOutOfRangeException.ThrowIfZero(terms.Count);
        Partition = partition;
        Revision = revision;
        Terms = terms;
    }

    /// <summary>The partition, from 0.</summary>
    public int Partition { get; }

    /// <summary>The number of the partition's last commit; 0 before the first.</summary>
    public long Revision { get; }

    /// <summary>The terms that are remembered, oldest first; the last one runs.</summary>
    public IReadOnlyList<TermStart> Terms { get; }

    /// <summary>This moment.</summary>
    public Stamp At => new(Partition, Terms[^1].Term, Revision);

    /// <summary>
    /// Whether the history that the stamp tells of is part of this one. If not, the store has forgotten something
    /// that it acknowledged: it was restored from a backup, failed over to a replica that lagged, or was emptied.
    /// </summary>
    public bool Contains(Stamp stamp)
    {
        if (stamp.Partition != Partition)
        {
            throw new ArgumentException($"The stamp is of partition {stamp.Partition}, the head of {Partition}.", nameof(stamp));
        }

        for (var i = Terms.Count - 1; i >= 0; i--)
        {
            if (Terms[i].Term == stamp.Term)
            {
                var end = i == Terms.Count - 1 ? Revision : Terms[i + 1].FoundRevision;
                return stamp.Revision <= end;
            }
        }

        return false;
    }
}
