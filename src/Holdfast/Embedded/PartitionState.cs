namespace Holdfast.Embedded;

/// <summary>
/// All that a partition holds. Between the log and the live partition: recovery fills it, the
/// <see cref="EmbeddedPartition"/> works on it under its lock, snapshots are copied from it.
/// </summary>
internal sealed class PartitionState
{
    public PartitionState(int index, StoreClock clock, RequestMemory memory, StoreMemory store)
    {
        (Index, Clock, Memory, Store) = (index, clock, memory, store);
        Table = store.TableOf(index);
        Expiries = new ExpiryQueue(Table);
        Requests = new RequestMarks(memory);
        Clients = new Clients(memory);
    }

    public int Index { get; }

    public StoreClock Clock { get; }

    public RequestMemory Memory { get; }

    /// <summary>How many records were removed since the store was opened because their time was over.</summary>
    public long Expired { get; set; }

    /// <summary>How many records were removed since then to have their memory.</summary>
    public long Evicted { get; set; }

    public StoreMemory Store { get; }

    public RecordTable Table { get; }

    public ExpiryQueue Expiries { get; }

    public RecordEditor Editor { get; } = new();

    public PartitionJournal Journal { get; } = new();

    public RequestMarks Requests { get; }

    public Clients Clients { get; }

    /// <summary>The terms, oldest first. Replaced, never changed.</summary>
    public TermStart[] Terms { get; private set; } = [];

    /// <summary>The last commit's revision.</summary>
    public long Revision { get; set; }

    /// <summary>The revision of the last commit that is durable at its level.</summary>
    public long VisibleRevision { get; set; }

    /// <summary>The last frame of the partition, or of its term, whose effect is visible.</summary>
    public long VisibleSequence { get; set; }

    public long Term => Terms[^1].Term;

    public Stamp Newest => new(Index, Term, Revision);

    public Stamp Visible => new(Index, Term, VisibleRevision);

    /// <summary>Begins a term in a process that opened the store at this time.</summary>
    public void OpenTerm(long wallMilliseconds)
    {
        var term = Terms.Length == 0 ? wallMilliseconds : Math.Max(Terms[^1].Term + 1, wallMilliseconds);
        var kept = Terms.AsSpan(Math.Max(0, Terms.Length - (PartitionHead.MaxTerms - 1)));
        Terms = [.. kept, new TermStart(term, Revision)];
    }

    /// <summary>The record's visible version is about to be the newest again: it expires when it was to.</summary>
    public void NoteVisibleDeadline(int slot)
    {
        if (Table[slot].Visible != 0)
        {
            Expiries.Note(slot, Table[slot].VisibleDeadline);
        }
    }

    /// <summary>Takes over the terms of a snapshot.</summary>
    public void RestoreTerms(TermStart[] terms) => Terms = terms;
}
