namespace Holdfast.Embedded;

/// <summary>A commit, or a reaping, on its way to the disk: what to show once it is there, and what to take back if it does not get there.</summary>
internal sealed class PendingCommit(EmbeddedPartition partition) : ILogEntry
{
    private bool released;

    public required PlannedChange[] Changes { get; init; }

    public required JournalEvent[] Events { get; init; }

    /// <summary>The partition's revision after the commit.</summary>
    public required long Revision { get; init; }

    /// <summary>Whether that is the commit's own.</summary>
    public required bool TakesRevision { get; init; }

    /// <summary>When it was made, as a timestamp and as wall time.</summary>
    public required long Timestamp { get; init; }

    /// <inheritdoc cref="Timestamp"/>
    public required long WallMilliseconds { get; init; }

    public CommitSender Sender { get; init; }

    public RequestKey? Request { get; init; }

    public RequestMark? Mark { get; init; }

    /// <summary>How many records it removes because their time was over.</summary>
    public int Expired { get; init; }

    /// <summary>How many records it removes to have their memory.</summary>
    public int Evicted { get; init; }

    public required bool UntilSynced { get; init; }

    public bool IsWrittenByCaller => Sender.Writes;

    public long Sequence { get; set; }

    public void Release()
    {
        released = true;
        partition.Release(this);
    }

    public void RollBack()
    {
        if (!released)
        {
            partition.RollBack(this);
        }
    }
}
