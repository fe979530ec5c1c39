using System.Diagnostics;

namespace Holdfast.Embedded;

/// <summary>
/// The one writer of the log. Partitions append frames on their callers' threads; the writer's own thread takes all
/// that has gathered, writes it at once, synchronises if anybody asked for it, and releases the entries.
/// </summary>
/// <remarks>
/// A partition's lock may be held while the log's gate is taken, never the other way round. When a batch can't be
/// written, appending is closed first, then every entry that was not released is rolled back, then the log is cut to
/// its last whole frame: if only the disk was full, appending opens again; after any other fault it stays closed.
/// </remarks>
internal sealed class LogWriter : IDisposable
{
    // Past this, commits wait before they are evaluated.
    private const int MaxGatheredBytes = 64 << 20;

    // What nobody asked to have synchronised is, after this time.
    private const int UnaskedSyncMilliseconds = 1000;

    private readonly object gate = new();
    private readonly string folder;
    private readonly ulong salt;
    private readonly Action<EngineEvent> log;
    private readonly StoreClock clock;
    private readonly Thread thread;
    private readonly SyncedFile synced;
    private LogSegment segment;
    private LogBatch gathering;
    private LogBatch? underWay;
    private byte[]? spare;
    private LogRoll? rolling;
    private Exception? closed;
    private bool stopping;
    private long writtenSequence;
    private long syncedSequence;
    private long unsyncedSince;
    private long rollBacks;
    private long framesWritten;
    private long syncs;

    public LogWriter(string folder, ulong salt, LogSegment segment, long lastSequence, StoreClock clock, Action<EngineEvent> log)
    {
        (this.folder, this.salt, this.segment, this.clock, this.log) = (folder, salt, segment, clock, log);
        synced = SyncedFile.Open(folder, salt);
        writtenSequence = syncedSequence = lastSequence;
        gathering = new LogBatch(lastSequence + 1);
        thread = new Thread(Run) { IsBackground = true, Name = "holdfast-log" };
        thread.Start();
    }

    /// <summary>The segment's length in bytes.</summary>
    public long SegmentBytes => Volatile.Read(ref segment).Length;

    /// <summary>How many frames were written since the log was opened.</summary>
    public long Frames => Interlocked.Read(ref framesWritten);

    /// <summary>How often the log was synchronised since it was opened.</summary>
    public long Syncs => Interlocked.Read(ref syncs);

    /// <summary>How often entries were rolled back: what was copied from partitions in between can't be trusted.</summary>
    public long RollBacks => Interlocked.Read(ref rollBacks);

    /// <summary>Completes when there is room to gather more; null when there is.</summary>
    public Task? Room()
    {
        lock (gate)
        {
            return gathering.Bytes < MaxGatheredBytes || closed is not null ? null : underWay?.TaskOf(underWay.NeedsSync);
        }
    }

    /// <summary>
    /// Appends a frame and tells when it will be as durable as the entry asks. The caller holds the partition's lock,
    /// and has changed nothing yet: this throws if nothing can be appended.
    /// </summary>
    public Task Append(ReadOnlySpan<byte> payload, ILogEntry entry, out long sequence)
    {
        var sum = Frame.SumPayload(salt, payload);
        lock (gate)
        {
            if (closed is not null)
            {
                throw Closed(closed);
            }

            if (gathering.IsEmpty)
            {
                Monitor.Pulse(gate);
            }

            gathering.Add(sum, payload, entry);
            sequence = gathering.LastSequence;
            return gathering.TaskOf(entry.UntilSynced);
        }
    }

    /// <summary>
    /// Has this done by the log's thread once what <see cref="Append"/> returned has ended; it is short, never blocks and never throws. False
    /// when that has ended, or is about to fail: then it is to be awaited.
    /// </summary>
    public bool TryFollow(Task durable, Action then)
    {
        LogBatch? batch;
        lock (gate)
        {
            batch = gathering.Has(durable) ? gathering : underWay?.Has(durable) == true ? underWay : null;
        }

        return batch is not null && batch.TryFollow(durable, then);
    }

    /// <summary>
    /// Ends the segment, synchronised, and goes on in the last one that the manifest names, which is created and the
    /// manifest put in force. A failure before that leaves everything as it was.
    /// </summary>
    public Task RollAsync(Manifest manifest)
    {
        lock (gate)
        {
            if (closed is not null || stopping)
            {
                return Task.FromException(Closed(closed ?? new StateUnavailableException("The engine is closing.")));
            }

            Debug.Assert(rolling is null, "One roll at a time.");
            rolling = new LogRoll(manifest);
            Monitor.Pulse(gate);
            return rolling.Done;
        }
    }

    /// <summary>Writes and synchronises what was appended, and ends the writer.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            stopping = true;
            Monitor.Pulse(gate);
        }

        thread.Join();
        segment.Dispose();
        synced.Dispose();
    }

    private static StateException Closed(Exception cause) => cause switch
    {
        StateFullException => new StateFullException(cause.Message, cause),
        _ => new StateUnavailableException(cause.Message, cause),
    };

    private void Run()
    {
        try
        {
            while (Next(out var batch, out var roll))
            {
                if (batch is not null)
                {
                    Write(batch);
                }
                else if (closed is null && writtenSequence > syncedSequence)
                {
                    SyncUnasked();
                }

                if (roll is not null)
                {
                    Roll(roll);
                }

                spare = batch?.Spare;
            }

            SyncAtEnd();
        }
        catch (Exception fault)
        {
            // A defect of ours: nothing may be acknowledged any more.
            Abandon(underWay ?? new LogBatch(writtenSequence + 1), fault);
        }
    }

    /// <summary>Waits for work; without any, for a second while something is written and not synchronised. False at the end.</summary>
    private bool Next(out LogBatch? batch, out LogRoll? roll)
    {
        lock (gate)
        {
            underWay = null;
            if (gathering.IsEmpty && rolling is null && !stopping)
            {
                Monitor.Wait(gate, writtenSequence > syncedSequence ? UnaskedSyncMilliseconds : Timeout.Infinite);
            }

            batch = gathering.IsEmpty ? null : gathering;
            (roll, rolling) = (rolling, null);
            if (batch is not null)
            {
                underWay = batch;
                gathering = new LogBatch(batch.LastSequence + 1, spare);
            }

            if (batch is not null || roll is not null || !stopping)
            {
                return true;
            }

            closed ??= new StateUnavailableException("The engine was closed.");
            return false;
        }
    }

    private void Write(LogBatch batch)
    {
        try
        {
            AppendFrames(batch);
        }
        catch (IOException fault) when (StoreDisk.IsFull(fault))
        {
            Refuse(batch, fault);
            return;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            Abandon(batch, fault);
            return;
        }

        Release(batch, untilSynced: false);
        batch.CompleteWritten();
        if ((batch.NeedsSync || IsSyncOverdue()) && !TrySync(batch))
        {
            return;
        }

        Release(batch, untilSynced: true);
        batch.CompleteSynced();
    }

    private void AppendFrames(LogBatch batch)
    {
        segment.Append(batch.Frames);
        unsyncedSince = writtenSequence > syncedSequence ? unsyncedSince : clock.Timestamp;
        writtenSequence = batch.LastSequence;
        Interlocked.Add(ref framesWritten, batch.Entries.Count);
    }

    private bool IsSyncOverdue() =>
        writtenSequence > syncedSequence && clock.After(unsyncedSince, UnaskedSyncMilliseconds) <= clock.Timestamp;

    private bool TrySync(LogBatch batch)
    {
        try
        {
            segment.Sync();
            Interlocked.Increment(ref syncs);
            syncedSequence = writtenSequence;
            synced.Tell(syncedSequence);
            return true;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            Abandon(batch, fault);
            return false;
        }
    }

    private static void Release(LogBatch batch, bool untilSynced)
    {
        foreach (var entry in batch.Entries)
        {
            if (entry.UntilSynced == untilSynced)
            {
                entry.Release();
            }
        }
    }

    private void SyncUnasked() => TrySync(new LogBatch(writtenSequence + 1));

    /// <summary>At a clean end everything is on the disk, and the disk says so.</summary>
    private void SyncAtEnd()
    {
        if (closed is not StateUnavailableException { InnerException: null })
        {
            return;
        }

        if (writtenSequence > syncedSequence)
        {
            segment.Sync();
            synced.Tell(writtenSequence);
        }

        synced.Sync();
    }

    private void Roll(LogRoll roll)
    {
        if (closed is not null)
        {
            roll.Fail(Closed(closed));
            return;
        }

        if (roll.Begin(folder, salt, writtenSequence + 1) is not { } next)
        {
            return;
        }

        try
        {
            segment.Sync();
            synced.Tell(writtenSequence);
            Manifest.Replace(folder);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            next.Dispose();
            Abandon(new LogBatch(writtenSequence + 1), fault);
            roll.Fail(fault);
            return;
        }

        syncedSequence = writtenSequence;
        segment.Dispose();
        lock (gate)
        {
            segment = next;
        }

        roll.Complete();
    }

    private void Refuse(LogBatch batch, IOException fault)
    {
        var refusal = new StateFullException($"The disk of {folder} is full: free some space and repeat. Nothing was changed.", fault);
        log(new EngineEvent(EngineEventLevel.Error, "DiskFull", refusal.Message, fault));
        var dropped = TakeBack(batch, refusal);
        try
        {
            segment.CutToLength();
        }
        catch (Exception second) when (second is IOException or UnauthorizedAccessException)
        {
            StayClosed(second);
            batch.Fail(Unknown(second));
            dropped.Fail(new StateUnavailableException(closed!.Message, second));
            return;
        }

        lock (gate)
        {
            gathering = new LogBatch(writtenSequence + 1);
            closed = null;
        }

        batch.Fail(refusal);
        dropped.Fail(refusal);
    }

    private void Abandon(LogBatch batch, Exception fault)
    {
        StayClosed(fault);
        var dropped = TakeBack(batch, closed!);
        batch.Fail(Unknown(fault));
        dropped.Fail(new StateUnavailableException(closed!.Message, fault));
    }

    private CommitUnknownException Unknown(Exception fault) =>
        new($"The log of {folder} could not be written: the commit may or may not be found after a restart.", fault);

    private void StayClosed(Exception fault)
    {
        var end = new StateUnavailableException(
            $"Writing the log of {folder} failed ({fault.Message}), so writing has ended; reading goes on. "
            + "Check the disk, then start the process again.",
            fault);
        lock (gate)
        {
            closed = end;
        }

        log(new EngineEvent(EngineEventLevel.Error, "WritesEnded", end.Message, fault));
    }

    /// <summary>Closes appending and rolls back every entry that was not released, newest last: none depends on the order.</summary>
    private LogBatch TakeBack(LogBatch batch, Exception why)
    {
        LogBatch dropped;
        lock (gate)
        {
            closed = why;
            dropped = gathering;
            gathering = new LogBatch(batch.FirstSequence);
        }

        Interlocked.Increment(ref rollBacks);
        foreach (var entry in batch.Entries)
        {
            entry.RollBack();
        }

        foreach (var entry in dropped.Entries)
        {
            entry.RollBack();
        }

        return dropped;
    }
}
