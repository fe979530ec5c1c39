namespace Holdfast.Embedded;

/// <summary>
/// The files that the log's writer works on: the segment, and beside it how far it was synchronised. Used by one thread at a time,
/// except for the figures.
/// </summary>
internal sealed class LogFiles : IDisposable
{
    // What nobody asked to have synchronised is, after this time.
    public const int UnaskedSyncMilliseconds = 1000;

    private readonly StoreDisk disk;
    private readonly string folder;
    private readonly StoreClock clock;
    private readonly SyncedFile synced;
    private LogSegment segment;
    private BackgroundSync? background;
    private bool hasReachedDisk;
    private long syncedSequence;

    // What is being synchronised in the background ends with this frame; it began then.
    private long backgroundSequence;
    private long backgroundBegun;
    private long unsyncedSince;
    private long framesWritten;
    private long syncs;
    private long syncMicroseconds;
    private long longestSync;
    private long lastSync;

    public LogFiles(StoreDisk disk, string folder, ulong salt, LogSegment segment, long lastSequence, StoreClock clock)
    {
        (this.disk, this.folder, Salt, this.segment, this.clock) = (disk, folder, salt, segment, clock);
        synced = SyncedFile.Open(disk, folder, salt);
        WrittenSequence = syncedSequence = lastSequence;
    }

    public ulong Salt { get; }

    public string Folder => folder;

    /// <summary>The last frame in the segment.</summary>
    public long WrittenSequence { get; private set; }

    /// <summary>The last frame that is known to be on the disk. Asked by any thread.</summary>
    public long SyncedSequence => Volatile.Read(ref syncedSequence);

    /// <summary>Whether anything was written and not synchronised.</summary>
    public bool HasUnsynced => WrittenSequence > syncedSequence;

    /// <summary>Whether any of that is not being synchronised either, and nothing else is: what was written is synchronised piece by piece.</summary>
    public bool WantsSync => HasUnasked && background?.IsUnderWay != true;

    /// <summary>Whether that has waited for as long as it may.</summary>
    public bool IsSyncOverdue => WantsSync && clock.After(unsyncedSince, UnaskedSyncMilliseconds) <= clock.Timestamp;

    /// <summary>Why synchronising in the background failed: nothing may be acknowledged any more.</summary>
    public Exception? SyncFault => background?.Fault;

    private bool HasUnasked => WrittenSequence > Math.Max(syncedSequence, backgroundSequence);

    /// <summary>The segment's length in bytes.</summary>
    public long SegmentBytes => Volatile.Read(ref segment).Length;

    /// <summary>How many frames were written since the log was opened.</summary>
    public long Frames => Interlocked.Read(ref framesWritten);

    /// <summary>How often the log was synchronised since it was opened.</summary>
    public long Syncs => Interlocked.Read(ref syncs);

    /// <summary>What synchronising took since the log was opened: together, at most and the last time, in microseconds.</summary>
    public (long Sum, long Longest, long Last) SyncMicroseconds =>
        (Interlocked.Read(ref syncMicroseconds), Interlocked.Read(ref longestSync), Interlocked.Read(ref lastSync));

    /// <summary>
    /// Writes the batch, and has it reach the disk at once if that is all that anybody waits for. Fails having added nothing, or what
    /// <see cref="CutToLength"/> takes back; so telling how far it was synchronised is left to <see cref="Sync"/>.
    /// </summary>
    public void Append(LogBatch batch)
    {
        hasReachedDisk = batch.NeedsOnlySync && !HasUnsynced;
        if (hasReachedDisk)
        {
            var begun = clock.Timestamp;
            segment.AppendSynced(batch.Frames);
            NoteSync(begun);
        }
        else
        {
            segment.Append(batch.Frames);
        }

        unsyncedSince = HasUnasked ? unsyncedSince : clock.Timestamp;
        WrittenSequence = batch.LastSequence;
        Interlocked.Add(ref framesWritten, batch.Entries.Count);
    }

    /// <summary>Has everything reach the disk, and tells so.</summary>
    public void Sync()
    {
        if (!hasReachedDisk)
        {
            var begun = clock.Timestamp;
            segment.Sync();
            NoteSync(begun);
        }

        TellSynced(WrittenSequence);
    }

    /// <summary>Begins to have everything reach the disk on another thread, which tells when it has; false if that can't be done.</summary>
    public bool TryBeginSync(Action ended)
    {
        if (OperatingSystem.IsWindows())
        {
            // There a file that was opened for reading has nothing reach the disk, and says that it had.
            return false;
        }

        StoreFile? file = null;
        try
        {
            file = segment.OpenAgain();
            background ??= new BackgroundSync(ended);
            background.Begin(file);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or OutOfMemoryException or ThreadStartException)
        {
            // Without a thread too: a process has only so many.
            file?.Dispose();
            return false;
        }

        (backgroundSequence, backgroundBegun) = (WrittenSequence, clock.Timestamp);
        return true;
    }

    /// <summary>Takes note that this has ended; false if it has not, or failed, as <see cref="SyncFault"/> tells.</summary>
    public bool TryEndSync()
    {
        if (background?.TryEnd() != true || SyncFault is not null)
        {
            return false;
        }

        NoteSync(backgroundBegun);
        TellSynced(backgroundSequence);
        return true;
    }

    /// <summary>Takes back what a failed append may have left, durably.</summary>
    public void CutToLength() => segment.CutToLength();

    /// <summary>Ends the segment, durably, and puts the prepared manifest in force, which names the next one too.</summary>
    public void Continue(LogSegment next)
    {
        segment.CutToLength();
        TellSynced(WrittenSequence);
        synced.Keep();
        Manifest.Replace(disk, folder);
        segment.Dispose();
        Volatile.Write(ref segment, next);
    }

    /// <summary>Creates the segment that a roll asks for; null if it could not be, which the roll tells.</summary>
    public LogSegment? Begin(LogRoll roll) => roll.Begin(disk, folder, Salt, WrittenSequence + 1);

    /// <summary>At a clean end everything is on the disk, and the disk says so.</summary>
    public void End()
    {
        background?.Dispose();
        if (SyncFault is { } fault)
        {
            throw new IOException(fault.Message, fault);
        }

        segment.CutToLength();
        TellSynced(WrittenSequence);
        synced.Sync();
    }

    public void Dispose()
    {
        background?.Dispose();
        segment.Dispose();
        synced.Dispose();
    }

    private void NoteSync(long begun)
    {
        var taken = clock.MicrosecondsBetween(begun, clock.Timestamp);
        Interlocked.Add(ref syncMicroseconds, taken);
        Interlocked.Exchange(ref lastSync, taken);
        Interlocked.Exchange(ref longestSync, Math.Max(longestSync, taken));
    }

    private void TellSynced(long sequence)
    {
        if (sequence > syncedSequence)
        {
            Volatile.Write(ref syncedSequence, sequence);
            synced.Tell(sequence);
        }

        Interlocked.Increment(ref syncs);
    }
}
