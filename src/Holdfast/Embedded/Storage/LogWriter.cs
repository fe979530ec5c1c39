using System.Runtime.InteropServices;

namespace Holdfast.Embedded;

/// <summary>
/// The one writer of the log. Partitions append frames on their callers' threads; the writer's own thread takes all
/// that has gathered, writes it at once, synchronises if anybody asked for it, and releases the entries. Where nobody waits for the
/// disk, a caller may do that itself instead of waking the thread: one at a time.
/// </summary>
/// <remarks>
/// When a batch can't be written, appending is closed first, then every entry that was not released is rolled back, then the log is cut to
/// its last whole frame: if only the disk was full, appending opens again; after any other fault it stays closed.
/// Until <see cref="Start"/> there is no thread: whoever has the writer takes its steps, as a simulation does to the end.
/// </remarks>
internal sealed class LogWriter : IDisposable
{
    private const int MaxStepsHere = 8;

    private readonly LogFiles files;
    private readonly LogQueue queue;
    private readonly Action<EngineEvent> log;
    private Thread? thread;
    private bool isFull;

    // How many entries the synchronising of this step served.
    private int served;
    private long rollBacks;

    public LogWriter(LogFiles files, Action<EngineEvent> log) => (this.files, this.log, queue) = (files, log, new LogQueue(files));

    /// <summary>The segment's length in bytes.</summary>
    public long SegmentBytes => files.SegmentBytes;

    /// <summary>How many frames were written since the log was opened.</summary>
    public long Frames => files.Frames;

    /// <summary>How often the log was synchronised since it was opened.</summary>
    public long Syncs => files.Syncs;

    /// <summary>What the log has done, and what waits for it.</summary>
    public LogFigures Figures
    {
        get
        {
            var (sum, longest, last) = files.SyncMicroseconds;
            var (waiting, waitingBytes) = queue.Waiting;
            return new LogFigures(files.Frames, files.Syncs, sum, longest, last, files.SegmentBytes, waiting, waitingBytes);
        }
    }

    /// <summary>The last frame that is known to be on the disk, and all before it.</summary>
    public long SyncedSequence => files.SyncedSequence;

    /// <summary>How often entries were rolled back, twice for each time: what was copied from partitions in between can't be trusted.</summary>
    public long RollBacks => Interlocked.Read(ref rollBacks);

    /// <summary>Whether this thread may wait for the disk, though nobody asked: others have clients to serve.</summary>
    private bool IsOwnThread => thread is null || thread == Thread.CurrentThread;

    /// <summary>Has the steps taken by a thread of the writer's own from now on.</summary>
    public void Start()
    {
        thread = new Thread(Run) { IsBackground = true, Name = "holdfast-log" };
        thread.Start();
    }

    /// <summary>Completes when there is room to gather more; null when there is.</summary>
    public Task? Room() => queue.Room();

    /// <summary>
    /// Appends a frame and tells when it will be as durable as the entry asks. The caller holds the partition's lock,
    /// and has changed nothing yet: this throws if nothing can be appended.
    /// </summary>
    /// <exception cref="StateLimitException">The frame is larger than any that a start reads.</exception>
    public Task Append(ReadOnlySpan<byte> payload, ILogEntry entry, out long sequence) =>
        Append(payload, new LogEntry(entry), entry.IsWrittenByCaller, out sequence);

    /// <inheritdoc cref="Append(ReadOnlySpan{byte}, ILogEntry, out long)"/>
    public Task Append(ReadOnlySpan<byte> payload, in LogEntry entry, bool isWrittenByCaller, out long sequence) =>
        payload.Length <= Frame.MaxPayloadBytes
            ? queue.Append(Frame.SumPayload(files.Salt, payload), payload, entry, isWrittenByCaller, out sequence)
            : throw new StateLimitException(
                $"The commit takes {payload.Length} bytes of the log, more than the {Frame.MaxPayloadBytes} of one: make several of it. Nothing was changed.");

    /// <summary>
    /// Has this done by the log's thread once what <see cref="Append(ReadOnlySpan{byte}, ILogEntry, out long)"/> returned has ended; it is short, never blocks and never throws. False
    /// when that has ended, or is about to fail: then it is to be awaited.
    /// </summary>
    public bool TryFollow(Task durable, Action then) => queue.TryFollow(durable, then);

    /// <summary>
    /// Has what has gathered written: on this thread, which holds no locks, if nobody is at it and nobody waits for the disk, and otherwise by the
    /// writer's own.
    /// </summary>
    public void WriteHere()
    {
        var batch = queue.TakeToWriteHere();
        for (var steps = 1; batch is not null; steps++)
        {
            try
            {
                Write(batch);
                queue.Reuse(batch);
            }
            catch (Exception fault)
            {
                Abandon(batch, fault);
            }

            // Who came meanwhile is served too, but not for ever: this thread has a caller.
            batch = queue.EndStepHere(goesOn: steps < MaxStepsHere);
        }
    }

    /// <summary>
    /// Ends the segment, synchronised, and goes on in the last one that the manifest names, which is created and the
    /// manifest put in force. A failure before that leaves everything as it was.
    /// </summary>
    public Task RollAsync(Manifest manifest) => queue.Roll(manifest);

    /// <summary>
    /// Writes what has gathered and makes the roll that was asked for; without either, synchronises what was only written. False at
    /// the end, when everything has been written.
    /// </summary>
    public bool Step()
    {
        if (!queue.Take(out var batch, out var roll))
        {
            EndFiles();
            return false;
        }

        try
        {
            Do(batch);
            if (roll is not null)
            {
                Roll(roll);
            }
        }
        catch (Exception fault)
        {
            roll?.Fail(fault);
            throw;
        }

        queue.Reuse(batch);
        return true;
    }

    /// <summary>Returns once the task, one of the writer's, has ended, however it did.</summary>
    public void WaitFor(Task task)
    {
        while (thread is null && !task.IsCompleted)
        {
            Step();
        }

        Task.WaitAny(task);
    }

    /// <summary>Writes and synchronises what was appended, and ends the writer.</summary>
    public void Dispose()
    {
        queue.Stop();
        if (thread is null)
        {
            Run();
        }

        thread?.Join();
        files.Dispose();
    }

    private void Run()
    {
        var goesOn = true;
        while (goesOn)
        {
            queue.WaitForWork();
            served = 0;
            goesOn = StepSafely();
            queue.EndStep(served);
        }
    }

    private bool StepSafely()
    {
        try
        {
            return Step();
        }
        catch (Exception fault)
        {
            // A defect of ours: nothing may be acknowledged any more, and nobody makes the roll that may have been asked for since.
            Abandon(queue.UnderWay, fault);
            queue.DropRoll(fault);
            return false;
        }
    }

    private void Do(LogBatch? batch)
    {
        bool hasEnded;
        try
        {
            hasEnded = files.TryEndSync();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            Abandon(queue.UnderWay, fault);
            return;
        }

        if (batch is not null)
        {
            Write(batch);
        }
        else if (files.SyncFault is { } fault && queue.Closed is null)
        {
            Abandon(queue.UnderWay, fault);
        }
        else if ((hasEnded ? files.IsSyncOverdue : files.WantsSync) && queue.Closed is null)
        {
            TrySyncUnasked(queue.UnderWay);
        }
    }

    private void Write(LogBatch batch)
    {
        try
        {
            files.Append(batch);
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

        if (files.SyncFault is { } syncFault)
        {
            Abandon(batch, syncFault);
            return;
        }

        if (isFull)
        {
            isFull = false;
            log(new EngineEvent(EngineEventLevel.Information, "DiskHasRoom", $"The disk of {files.Folder} has room again, and commits are made."));
        }

        if (!batch.NeedsOnlySync)
        {
            Release(batch, untilSynced: false);
        }

        batch.CompleteWritten();
        if (batch.NeedsSync ? !TrySync(batch) : files.IsSyncOverdue && IsOwnThread && !TrySyncUnasked(batch))
        {
            return;
        }

        served = batch.NeedsSync ? batch.Entries.Count : 0;
        if (batch.NeedsSync)
        {
            Release(batch, untilSynced: true);
        }

        batch.CompleteSynced();
    }

    /// <summary>Has reach the disk what nobody waits for: beside what goes on, where there are threads.</summary>
    private bool TrySyncUnasked(LogBatch batch) => (thread is not null && files.TryBeginSync(queue.TellSyncEnded)) || TrySync(batch);

    private bool TrySync(LogBatch batch)
    {
        try
        {
            files.Sync();
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
        var entries = CollectionsMarshal.AsSpan(batch.Entries);
        for (var i = 0; i < entries.Length; i++)
        {
            if (!entries[i].HasHeard && entries[i].UntilSynced == untilSynced)
            {
                var entry = entries[i];
                entries[i] = default;
                entry.Release(batch.FirstSequence + i);
            }
        }
    }

    private void EndFiles()
    {
        if (queue.Closed is StateUnavailableException { InnerException: null })
        {
            files.End();
        }
    }

    private void Roll(LogRoll roll)
    {
        if (queue.Closed is { } closed)
        {
            roll.Fail(LogFaults.Closed(closed));
            return;
        }

        if (files.Begin(roll) is not { } next)
        {
            return;
        }

        try
        {
            files.Continue(next);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            next.Dispose();
            Abandon(new LogBatch(files.WrittenSequence + 1), fault);
            roll.Fail(fault);
            return;
        }

        roll.Complete();
    }

    private void Refuse(LogBatch batch, IOException fault)
    {
        var refusal = LogFaults.Full(files.Folder, fault);
        if (!isFull)
        {
            // Once, and not for each of those who try again.
            isFull = true;
            log(new EngineEvent(EngineEventLevel.Error, "DiskFull", refusal.Message, fault));
        }

        var dropped = TakeBack(batch, refusal);
        try
        {
            files.CutToLength();
        }
        catch (Exception second) when (second is IOException or UnauthorizedAccessException)
        {
            var end = LogFaults.Ended(files.Folder, second);
            queue.Close(end, batch.FirstSequence);
            Tell(end, second, batch, dropped);
            return;
        }

        queue.Reopen();
        batch.Fail(refusal);
        dropped.Fail(refusal);
    }

    private void Abandon(LogBatch batch, Exception fault)
    {
        var end = LogFaults.Ended(files.Folder, fault);
        Tell(end, fault, batch, TakeBack(batch, end));
    }

    /// <summary>Tells the log and those who wait that nothing is written any more.</summary>
    private void Tell(StateUnavailableException end, Exception fault, LogBatch underWay, LogBatch dropped)
    {
        log(new EngineEvent(EngineEventLevel.Error, "WritesEnded", end.Message, fault));
        underWay.Fail(LogFaults.Unknown(files.Folder, fault));
        dropped.Fail(new StateUnavailableException(end.Message, fault));
    }

    /// <summary>Closes appending and rolls back every entry that was not released, newest last: none depends on the order.</summary>
    private LogBatch TakeBack(LogBatch batch, Exception why)
    {
        var dropped = queue.Close(why, batch.FirstSequence);
        Interlocked.Increment(ref rollBacks);
        foreach (var entry in batch.Entries)
        {
            entry.RollBack();
        }

        foreach (var entry in dropped.Entries)
        {
            entry.RollBack();
        }

        // Once more: who began to copy in between may have seen what was still to be rolled back.
        Interlocked.Increment(ref rollBacks);
        return dropped;
    }
}
