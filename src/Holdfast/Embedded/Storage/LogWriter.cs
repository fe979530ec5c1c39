using System.Diagnostics;

namespace Holdfast.Embedded;

/// <summary>
/// The one writer of the log. Partitions append frames on their callers' threads; the writer's own thread takes all
/// that has gathered, writes it at once, synchronises if anybody asked for it, and releases the entries. Where nobody waits for the
/// disk, a caller may do that itself instead of waking the thread: one at a time.
/// </summary>
/// <remarks>
/// A partition's lock may be held while the log's gate is taken, never the other way round. When a batch can't be
/// written, appending is closed first, then every entry that was not released is rolled back, then the log is cut to
/// its last whole frame: if only the disk was full, appending opens again; after any other fault it stays closed.
/// Until <see cref="Start"/> there is no thread: whoever has the writer takes its steps, as a simulation does to the end.
/// </remarks>
internal sealed class LogWriter : IDisposable
{
    // Past this, commits wait before they are evaluated.
    private const int MaxGatheredBytes = 64 << 20;

    private readonly object gate = new();
    private readonly LogFiles files;
    private readonly Action<EngineEvent> log;
    private readonly SyncPacing pacing = new();
    private Thread? thread;
    private LogBatch gathering;
    private LogBatch? underWay;
    private byte[]? spare;
    private LogRoll? rolling;
    private Exception? closed;
    private bool stopping;
    private bool isStepping;
    private bool isToldOfFrames;
    private bool waitsForever;
    private bool isFull;

    // How many entries the synchronising of this step served; and whether the writer waits for others to come.
    private int served;
    private bool isPacing;
    private long rollBacks;

    public LogWriter(LogFiles files, Action<EngineEvent> log)
    {
        (this.files, this.log) = (files, log);
        gathering = new LogBatch(files.WrittenSequence + 1);
    }

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
            lock (gate)
            {
                return new LogFigures(
                    files.Frames, files.Syncs, sum, longest, last, files.SegmentBytes,
                    gathering.Entries.Count + (underWay?.Entries.Count ?? 0), gathering.Bytes + (underWay?.Bytes ?? 0));
            }
        }
    }

    /// <summary>How often entries were rolled back: what was copied from partitions in between can't be trusted.</summary>
    public long RollBacks => Interlocked.Read(ref rollBacks);

    /// <summary>Has the steps taken by a thread of the writer's own from now on.</summary>
    public void Start()
    {
        thread = new Thread(Run) { IsBackground = true, Name = "holdfast-log" };
        thread.Start();
    }

    /// <summary>Completes when there is room to gather more; null when there is.</summary>
    public Task? Room()
    {
        lock (gate)
        {
            var next = underWay ?? gathering;
            return gathering.Bytes < MaxGatheredBytes || closed is not null ? null : next.TaskOf(next.NeedsSync);
        }
    }

    /// <summary>
    /// Appends a frame and tells when it will be as durable as the entry asks. The caller holds the partition's lock,
    /// and has changed nothing yet: this throws if nothing can be appended.
    /// </summary>
    public Task Append(ReadOnlySpan<byte> payload, ILogEntry entry, out long sequence)
    {
        var sum = Frame.SumPayload(files.Salt, payload);
        lock (gate)
        {
            if (closed is not null)
            {
                throw LogFaults.Closed(closed);
            }

            if (!isToldOfFrames && (entry.UntilSynced || !entry.IsWrittenByCaller))
            {
                TellOfFrames();
            }

            gathering.Add(sum, payload, entry);
            if (isPacing && !IsWorthWaiting)
            {
                Monitor.Pulse(gate);
            }

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
    /// Has what has gathered written: on this thread, which holds no locks, if nobody is at it and nobody waits for the disk, and otherwise by the
    /// writer's own.
    /// </summary>
    public void WriteHere()
    {
        LogBatch? batch;
        lock (gate)
        {
            if (gathering.IsEmpty)
            {
                return;
            }

            if (isStepping || thread is null || stopping || closed is not null || rolling is not null || gathering.NeedsSync || files.IsSyncOverdue)
            {
                // Rounds of clients come often, and would keep a writer up that waits for others to come.
                if (!isPacing)
                {
                    TellOfFrames();
                }

                return;
            }

            // Under the same hold of the gate, so that nothing comes with it that waits for the disk.
            isStepping = true;
            Take(out batch, out _);
        }

        try
        {
            Write(batch!);
            spare = batch!.Spare;
        }
        catch (Exception fault)
        {
            Abandon(batch!, fault);
        }

        lock (gate)
        {
            EndStep();
            if (!gathering.IsEmpty || rolling is not null || stopping || waitsForever)
            {
                Monitor.Pulse(gate);
            }
        }
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
                return Task.FromException(LogFaults.Closed(closed ?? new StateUnavailableException("The engine is closing.")));
            }

            Debug.Assert(rolling is null, "One roll at a time.");
            rolling = new LogRoll(manifest);
            Monitor.Pulse(gate);
            return rolling.Done;
        }
    }

    /// <summary>
    /// Writes what has gathered and makes the roll that was asked for; without either, synchronises what was only written. False at
    /// the end, when everything has been written.
    /// </summary>
    public bool Step()
    {
        LogBatch? batch;
        LogRoll? roll;
        bool goesOn;
        lock (gate)
        {
            goesOn = Take(out batch, out roll);
        }

        if (!goesOn)
        {
            EndFiles();
            return false;
        }

        if (batch is not null)
        {
            Write(batch);
        }
        else if (closed is null && files.HasUnsynced)
        {
            TrySync(new LogBatch(files.WrittenSequence + 1));
        }

        if (roll is not null)
        {
            Roll(roll);
        }

        spare = batch?.Spare;
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
        lock (gate)
        {
            stopping = true;
            Monitor.Pulse(gate);
        }

        if (thread is null)
        {
            Run();
        }

        thread?.Join();
        files.Dispose();
    }

    /// <summary>Whether this thread may wait for the disk, though nobody asked: others have clients to serve.</summary>
    private bool IsOwnThread => thread is null || thread == Thread.CurrentThread;

    private void Run()
    {
        var goesOn = true;
        while (goesOn)
        {
            WaitForWork();
            goesOn = StepSafely();
            lock (gate)
            {
                EndStep();
            }
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
            // A defect of ours: nothing may be acknowledged any more.
            Abandon(underWay ?? new LogBatch(files.WrittenSequence + 1), fault);
            return false;
        }
    }

    /// <summary>Waits for something to do; for a second at most while something is written and not synchronised.</summary>
    private void WaitForWork()
    {
        lock (gate)
        {
            var isOver = false;
            while (isStepping || (!isOver && gathering.IsEmpty && rolling is null && !stopping))
            {
                isToldOfFrames = false;
                waitsForever = !isStepping && !files.HasUnsynced;
                isOver = !Monitor.Wait(gate, waitsForever ? Timeout.Infinite : LogFiles.UnaskedSyncMilliseconds);
                waitsForever = false;
            }

            if (!gathering.IsEmpty && pacing.Awaited > 0)
            {
                WaitForCompany();
            }

            isStepping = true;
        }
    }

    /// <summary>Waits a moment for those whom the disk has just answered, if nobody is here who could go on without it. Called under the gate.</summary>
    private void WaitForCompany()
    {
        // It is woken once for the first of them, and then when the last has come; more often than that, it goes ahead.
        isPacing = true;
        for (var woken = 0; woken < 2 && IsWorthWaiting && Monitor.Wait(gate, pacing.Milliseconds); woken++)
        {
        }

        isPacing = false;
        pacing.Note(haveCome: !IsWorthWaiting);
    }

    private bool IsWorthWaiting =>
        gathering.Entries.Count < pacing.Awaited && gathering.NeedsOnlySync && rolling is null && !stopping && closed is null;

    private void EndStep()
    {
        isStepping = false;
        underWay = null;
        if (served > 0)
        {
            pacing.Note(served, gathering.Entries.Count, files.SyncMicroseconds.Last);
            served = 0;
        }
    }

    private void TellOfFrames()
    {
        isToldOfFrames = true;
        Monitor.Pulse(gate);
    }

    /// <summary>What there is to do; false at the end. Called under the gate.</summary>
    private bool Take(out LogBatch? batch, out LogRoll? roll)
    {
        batch = gathering.IsEmpty ? null : gathering;
        (roll, rolling) = (rolling, null);
        underWay = batch;
        isToldOfFrames = false;
        if (batch is not null)
        {
            gathering = new LogBatch(batch.LastSequence + 1, spare);
        }

        if (batch is not null || roll is not null || !stopping)
        {
            return true;
        }

        closed ??= new StateUnavailableException("The engine was closed.");
        return false;
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

        if (isFull)
        {
            isFull = false;
            log(new EngineEvent(EngineEventLevel.Information, "DiskHasRoom", $"The disk of {files.Folder} has room again, and commits are made."));
        }

        Release(batch, untilSynced: false);
        batch.CompleteWritten();
        if ((batch.NeedsSync || (files.IsSyncOverdue && IsOwnThread)) && !TrySync(batch))
        {
            return;
        }

        served = batch.NeedsSync ? batch.Entries.Count : 0;
        Release(batch, untilSynced: true);
        batch.CompleteSynced();
    }

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
        foreach (var entry in batch.Entries)
        {
            if (entry.UntilSynced == untilSynced)
            {
                entry.Release();
            }
        }
    }

    private void EndFiles()
    {
        if (closed is StateUnavailableException { InnerException: null })
        {
            files.End();
        }
    }

    private void Roll(LogRoll roll)
    {
        if (closed is not null)
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
            StayClosed(second);
            batch.Fail(LogFaults.Unknown(files.Folder, second));
            dropped.Fail(new StateUnavailableException(closed!.Message, second));
            return;
        }

        lock (gate)
        {
            gathering = new LogBatch(files.WrittenSequence + 1);
            closed = null;
        }

        batch.Fail(refusal);
        dropped.Fail(refusal);
    }

    private void Abandon(LogBatch batch, Exception fault)
    {
        StayClosed(fault);
        var dropped = TakeBack(batch, closed!);
        batch.Fail(LogFaults.Unknown(files.Folder, fault));
        dropped.Fail(new StateUnavailableException(closed!.Message, fault));
    }

    private void StayClosed(Exception fault)
    {
        var end = LogFaults.Ended(files.Folder, fault);
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
