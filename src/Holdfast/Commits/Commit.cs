using System.Text;

namespace Holdfast;

/// <summary>
/// One atomic change in one partition: changes of records, each under its conditions, and events for the partition's
/// journal. They appear together or not at all. One round trip.
/// </summary>
public sealed class Commit
{
    /// <summary>Conditions and operations of one change, with its kind and its expiry: on the wire each is one mark of a text (docs/wire.md).</summary>
    internal const int MaxMarks = 16_384;

    /// <summary>Makes a commit of these changes.</summary>
    public Commit(params IReadOnlyList<RecordChange> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        Changes = changes;
    }

    /// <summary>What changes, at most one change for each record, all in one partition.</summary>
    public IReadOnlyList<RecordChange> Changes { get; }

    /// <summary>What is appended to the partition's journal, in this order. A commit may consist of events alone, then of <see cref="Affinity"/>.</summary>
    public IReadOnlyList<NewEvent> Events { get; init; } = [];

    /// <summary>The affinity whose partition the commit goes to, when it has no changes that tell it.</summary>
    public string? Affinity { get; init; }

    /// <summary>The name under which the commit takes effect once, however often it is sent.</summary>
    public RequestId? Request { get; init; }

    /// <summary>What the acknowledgement promises; capped by what the engine can (<see cref="EngineCapabilities.Durability"/>).</summary>
    public Durability Durability { get; init; } = Durability.Synced;

    /// <summary>
    /// Whether the commit, if made, may change the partition's revision: not if it only keeps records. One that only deletes
    /// records that are absent doesn't either, which the store alone can tell.
    /// </summary>
    public bool ChangesRevision => Events.Count > 0 || ChangesRecords;

    private bool ChangesRecords
    {
        get
        {
            for (var i = 0; i < Changes.Count; i++)
            {
                if (Changes[i].Kind != ChangeKind.Keep)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Checks everything that can be checked without the store, and tells the commit's partition.</summary>
    /// <exception cref="ArgumentException">The commit is empty, spans partitions or changes a record twice.</exception>
    /// <exception cref="StateLimitException">The commit is over a limit.</exception>
    internal int Validate(PartitionMap partitions)
    {
        var partition = PartitionIn(partitions);
        for (var i = 0; i < Changes.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (Changes[j].Address == Changes[i].Address)
                {
                    throw new ArgumentException($"The commit changes {Changes[i].Address} twice: put all of it into one change.");
                }
            }
        }

        CheckLimits();
        return partition;
    }

    private int PartitionIn(PartitionMap partitions)
    {
        if (Changes.Count == 0 && (Events.Count == 0 || Affinity is null))
        {
            throw new ArgumentException("A commit needs changes, or events and an affinity.");
        }

        var partition = Affinity is null ? partitions.PartitionOf(Changes[0].Address) : partitions.PartitionOf(Affinity);
        for (var i = Affinity is null ? 1 : 0; i < Changes.Count; i++)
        {
            if (partitions.PartitionOf(Changes[i].Address) != partition)
            {
                throw new ArgumentException(
                    $"A commit stays in one partition: {Changes[i].Address} is in another than {Affinity ?? Changes[0].Address.ToString()}. "
                    + "Give them one affinity, or make two commits, the first with an event that leads to the second.");
            }
        }

        return partition;
    }

    private void CheckLimits()
    {
        if (Changes.Count > StateLimits.MaxRecordsPerCommit)
        {
            throw new StateLimitException($"A commit changes at most {StateLimits.MaxRecordsPerCommit} records, not {Changes.Count}.");
        }

        if (Events.Count > StateLimits.MaxEventsPerCommit)
        {
            throw new StateLimitException($"A commit appends at most {StateLimits.MaxEventsPerCommit} events, not {Events.Count}.");
        }

        long bytes = 0;
        for (var i = 0; i < Changes.Count; i++)
        {
            bytes += BytesOf(Changes[i]);
        }

        for (var i = 0; i < Events.Count; i++)
        {
            var item = Events[i];
            var own = Encoding.UTF8.GetByteCount(item.Type) + item.Payload.Length;
            if (own > StateLimits.MaxEventBytes)
            {
                throw new StateLimitException($"Event '{item.Type}' has {own} bytes, over {StateLimits.MaxEventBytes}.");
            }

            bytes += own;
        }

        if (bytes > StateLimits.MaxCommitBytes)
        {
            throw new StateLimitException($"The commit has {bytes} bytes, over {StateLimits.MaxCommitBytes}: make several.");
        }
    }

    private static long BytesOf(RecordChange change)
    {
        long fields = 0;
        foreach (ref readonly var operation in change.OperationSpan)
        {
            fields += operation.Bytes;
        }

        if (fields > StateLimits.MaxRecordBytes + (8L * change.Operations.Count))
        {
            throw new StateLimitException($"{change.Address} would be over {StateLimits.MaxRecordBytes} bytes: store less in one record.");
        }

        long conditions = 0;
        foreach (ref readonly var condition in change.ConditionSpan)
        {
            conditions += condition.Bytes;
        }

        return change.Conditions.Count + change.Operations.Count + 2 <= MaxMarks
            ? change.Address.ToString().Length + conditions + fields
            : throw new StateLimitException($"The change of {change.Address} has more than {MaxMarks - 2} conditions and operations: make several commits.");
    }
}
