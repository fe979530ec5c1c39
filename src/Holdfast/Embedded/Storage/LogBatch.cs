namespace Holdfast.Embedded;

/// <summary>Frames that go to the log in one write, and who waits for them. Guarded by the log writer.</summary>
/// <param name="firstSequence">The sequence of the first of them.</param>
/// <param name="ended">A batch that has ended, and whose memory this one takes over.</param>
internal sealed class LogBatch(long firstSequence, LogBatch? ended = null)
{
    private const int InitialBytes = 16 << 10;
    private const int KeptBytes = 1 << 20;
    private const int KeptEntries = 16 << 10;

    private readonly Lock followersGate = new();

    // Each is made for the first that waits for it, while the batch gathers.
    private TaskCompletionSource? written;
    private TaskCompletionSource? synced;
    private List<(Task Durable, Action Then)>? followers;
    private byte[] buffer = ended?.buffer ?? new byte[InitialBytes];
    private int end;

    public long FirstSequence { get; } = firstSequence;

    public long LastSequence { get; private set; } = firstSequence - 1;

    /// <summary>Whether somebody waits for the disk.</summary>
    public bool NeedsSync { get; private set; }

    /// <summary>Whether all of it is of use only once it is on the disk.</summary>
    public bool NeedsOnlySync { get; private set; } = true;

    /// <summary>What stands behind the frames, one for each; those that have heard already what became of theirs are empty.</summary>
    public List<LogEntry> Entries { get; } = Emptied(ended?.Entries);

    public int Bytes => end;

    public bool IsEmpty => end == 0;

    /// <summary>Whether its memory may be kept for a batch that is yet to come.</summary>
    public bool IsSmall => buffer.Length <= KeptBytes && Entries.Capacity <= KeptEntries;

    public Task TaskOf(bool untilSynced) =>
        (untilSynced ? synced ??= NewTask() : written ??= NewTask()).Task;

    public bool Has(Task durable) => durable == synced?.Task || durable == written?.Task;

    public void Add(uint payloadSum, ReadOnlySpan<byte> payload, in LogEntry entry)
    {
        var bytes = Frame.HeaderBytes + payload.Length;
        if (buffer.Length - end < bytes)
        {
            Array.Resize(ref buffer, Math.Max(buffer.Length * 2, end + bytes));
        }

        Entries.EnsureCapacity(Entries.Count + 1);
        LastSequence++;
        Frame.Write(buffer.AsSpan(end), payloadSum, LastSequence, payload);
        end += bytes;
        Entries.Add(entry);
        NeedsSync |= entry.UntilSynced;
        NeedsOnlySync &= entry.UntilSynced;
    }

    public ReadOnlySpan<byte> Frames => buffer.AsSpan(0, end);

    /// <summary>
    /// Has this done right after the task, one of <see cref="TaskOf"/>, has ended, by the log's thread; false if it has ended already. For what is
    /// short and never blocks: the log waits for it, which costs less than waking another thread.
    /// </summary>
    public bool TryFollow(Task durable, Action then)
    {
        lock (followersGate)
        {
            if (durable.IsCompleted)
            {
                return false;
            }

            (followers ??= []).Add((durable, then));
            return true;
        }
    }

    public void CompleteWritten()
    {
        written?.TrySetResult();
        RunFollowers();
    }

    public void CompleteSynced()
    {
        synced?.TrySetResult();
        RunFollowers();
    }

    public void Fail(Exception fault)
    {
        Fail(written, fault);
        Fail(synced, fault);
        RunFollowers();
    }

    private static List<LogEntry> Emptied(List<LogEntry>? entries)
    {
        entries?.Clear();
        return entries ?? [];
    }

    private static TaskCompletionSource NewTask() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static void Fail(TaskCompletionSource? waited, Exception fault)
    {
        waited?.TrySetException(fault);

        // Nobody may be waiting for it, which is no fault of its own.
        _ = waited?.Task.Exception;
    }

    private void RunFollowers()
    {
        List<(Task Durable, Action Then)> ended;
        lock (followersGate)
        {
            if (followers is null)
            {
                return;
            }

            ended = followers.FindAll(static follower => follower.Durable.IsCompleted);
            followers.RemoveAll(static follower => follower.Durable.IsCompleted);
        }

        foreach (var (_, then) in ended)
        {
            then();
        }
    }
}
