namespace Holdfast.Embedded;

/// <summary>
/// What a batch knows of one of its frames: who hears what became of it. Of the many that only replace a record's field all of it lies here, one behind the other, where an
/// object for each would be spread over the processor's caches.
/// </summary>
internal readonly struct LogEntry
{
    private readonly object? owner;
    private readonly ReplacedRecord replaced;

    public LogEntry(ILogEntry entry) => (owner, UntilSynced) = (entry, entry.UntilSynced);

    public LogEntry(EmbeddedPartition partition, in ReplacedRecord replacedRecord, bool untilSynced) =>
        (owner, replaced, UntilSynced) = (partition, replacedRecord, untilSynced);

    /// <summary>Whether it waits until its frame is synchronised, or only until it is written.</summary>
    public bool UntilSynced { get; }

    /// <summary>Whether nobody hears of it any more: the default.</summary>
    public bool HasHeard => owner is null;

    /// <inheritdoc cref="ILogEntry.Release"/>
    public void Release(long sequence)
    {
        if (owner is EmbeddedPartition partition)
        {
            partition.Release(replaced, sequence, UntilSynced);
        }
        else
        {
            ((ILogEntry?)owner)?.Release();
        }
    }

    /// <inheritdoc cref="ILogEntry.RollBack"/>
    public void RollBack()
    {
        if (owner is EmbeddedPartition partition)
        {
            partition.RollBack(replaced, UntilSynced);
        }
        else
        {
            ((ILogEntry?)owner)?.RollBack();
        }
    }
}
