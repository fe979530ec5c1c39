using System.Diagnostics;

namespace Holdfast.Embedded;

/// <summary>
/// What waits for the log's writer: the batch that gathers, the roll that was asked for, and the end. Partitions append on their callers'
/// threads; whoever writes takes all that has gathered, one at a time, and says when that step has ended.
/// </summary>
/// <remarks>
/// A partition's lock may be held while the gate is taken, never the other way round. <see cref="files"/> belong to the one that has a
/// step; here they are looked at under the gate, while nobody has one or by the one that has.
/// </remarks>
internal sealed class LogQueue
{
    // Past this, commits wait before they are evaluated.
    private const int MaxGatheredBytes = 64 << 20;

    // Taken for each frame, it is one that costs little; who waits under it has a bell.
    private readonly Lock gate = new();
    private readonly WriterBell bell = new();
    private readonly SyncPacing pacing = new();
    private readonly LogFiles files;
    private LogBatch gathering;
    private LogBatch? underWay;
    private LogBatch? ended;
    private LogRoll? rolling;
    private Exception? closed;
    private bool stopping;
    private bool isStepping;
    private bool isToldOfFrames;
    private bool waitsForever;
    private bool hasSyncEnded;

    // Whether the writer waits for others to come.
    private bool isPacing;

    public LogQueue(LogFiles files)
    {
        this.files = files;
        gathering = new LogBatch(files.WrittenSequence + 1);
    }

    /// <summary>Why nothing can be appended; null while it can.</summary>
    public Exception? Closed
    {
        get
        {
            lock (gate)
            {
                return closed;
            }
        }
    }

    /// <summary>What is being written, for one that failed under it; an empty batch when that is nothing.</summary>
    public LogBatch UnderWay => underWay ?? new LogBatch(files.WrittenSequence + 1);

    /// <summary>How many frames are not written yet, and their bytes.</summary>
    public (int Frames, long Bytes) Waiting
    {
        get
        {
            lock (gate)
            {
                return (gathering.Entries.Count + (underWay?.Entries.Count ?? 0), gathering.Bytes + (underWay?.Bytes ?? 0));
            }
        }
    }

    private bool IsWorthWaiting =>
        gathering.Entries.Count < pacing.Awaited && gathering.NeedsOnlySync && rolling is null && !stopping && closed is null;

    /// <summary>Whether what has gathered is for the writer's own thread: somebody waits for the disk, the log is about to roll or end, or what was synchronised meanwhile is to be noted.</summary>
    private bool IsForWriter => stopping || closed is not null || rolling is not null || hasSyncEnded || gathering.NeedsSync || files.IsSyncOverdue;

    /// <summary>Completes when there is room to gather more; null when there is.</summary>
    public Task? Room()
    {
        lock (gate)
        {
            var next = underWay ?? gathering;
            return gathering.Bytes < MaxGatheredBytes || closed is not null ? null : next.TaskOf(next.NeedsSync);
        }
    }

    /// <summary>As <see cref="LogWriter.Append(ReadOnlySpan{byte}, in LogEntry, bool, out long)"/>.</summary>
    public Task Append(uint payloadSum, ReadOnlySpan<byte> payload, in LogEntry entry, bool isWrittenByCaller, out long sequence)
    {
        lock (gate)
        {
            if (closed is not null)
            {
                throw LogFaults.Closed(closed);
            }

            // First whatever may fail, as ringing does when the caller's thread is interrupted: once the frame is there, the entry is. The writer comes to see both when the gate is let go.
            var durable = gathering.TaskOf(entry.UntilSynced);
            if (!isToldOfFrames && (entry.UntilSynced || !isWrittenByCaller))
            {
                TellOfFrames();
            }
            else if (isPacing && !(IsWorthWaiting && entry.UntilSynced && gathering.Entries.Count + 1 < pacing.Awaited))
            {
                bell.Ring();
            }

            gathering.Add(payloadSum, payload, entry);
            sequence = gathering.LastSequence;
            return durable;
        }
    }

    /// <summary>As <see cref="LogWriter.TryFollow"/>.</summary>
    public bool TryFollow(Task durable, Action then)
    {
        LogBatch? batch;
        lock (gate)
        {
            batch = gathering.Has(durable) ? gathering : underWay?.Has(durable) == true ? underWay : null;
        }

        return batch is not null && batch.TryFollow(durable, then);
    }

    /// <summary>Asks for a roll, the only one at a time.</summary>
    public Task Roll(Manifest manifest)
    {
        lock (gate)
        {
            if (closed is not null || stopping)
            {
                return Task.FromException(LogFaults.Closed(closed ?? new StateUnavailableException("The engine is closing.")));
            }

            Debug.Assert(rolling is null, "One roll at a time.");
            rolling = new LogRoll(manifest);
            bell.Ring();
            return rolling.Done;
        }
    }

    /// <summary>Nothing more comes: the writer ends when it has written what is here.</summary>
    public void Stop()
    {
        lock (gate)
        {
            stopping = true;
            bell.Ring();
        }
    }

    /// <summary>
    /// Waits for something to do, for a second at most while something is written and not synchronised, and begins a step. The writer's thread alone does.
    /// </summary>
    public void WaitForWork()
    {
        lock (gate)
        {
            var isOver = false;
            while (isStepping || (!isOver && gathering.IsEmpty && rolling is null && !stopping && !hasSyncEnded))
            {
                isToldOfFrames = false;
                waitsForever = !isStepping && !files.WantsSync;
                isOver = !Wait(waitsForever ? Timeout.Infinite : LogFiles.UnaskedSyncMilliseconds);
                waitsForever = false;
            }

            if (!gathering.IsEmpty && pacing.Awaited > 0)
            {
                WaitForCompany();
            }

            (isStepping, hasSyncEnded) = (true, false);
        }
    }

    /// <summary>What there is to do; false at the end.</summary>
    public bool Take(out LogBatch? batch, out LogRoll? roll)
    {
        lock (gate)
        {
            batch = TakeGathered();
            (roll, rolling) = (rolling, null);
            if (batch is not null || roll is not null || !stopping)
            {
                return true;
            }

            closed ??= new StateUnavailableException("The engine was closed.");
            return false;
        }
    }

    /// <summary>
    /// Begins a step with what has gathered for a caller that writes it itself. Null where there is nothing, or where it is for the writer's own thread, which
    /// is told: somebody waits for the disk, or the log is about to roll or end. Null too while others write: they go on with it, or tell the writer.
    /// </summary>
    public LogBatch? TakeToWriteHere()
    {
        lock (gate)
        {
            if (gathering.IsEmpty || isStepping)
            {
                return null;
            }

            if (IsForWriter)
            {
                // Rounds of clients come often, and would keep a writer up that waits for others to come.
                if (!isPacing)
                {
                    TellOfFrames();
                }

                return null;
            }

            // Under the same hold of the gate, so that nothing comes with it that waits for the disk.
            isStepping = true;
            return TakeGathered();
        }
    }

    /// <summary>Ends the step of the writer's thread.</summary>
    /// <param name="served">How many entries it had synchronised.</param>
    public void EndStep(int served)
    {
        lock (gate)
        {
            End();
            if (served > 0)
            {
                pacing.Note(served, gathering.Entries.Count, files.SyncMicroseconds.Last);
            }
        }
    }

    /// <summary>Ends the step of a caller, and begins another one with what has gathered meanwhile, if the caller goes on and may.</summary>
    public LogBatch? EndStepHere(bool goesOn)
    {
        lock (gate)
        {
            End();
            if (goesOn && !gathering.IsEmpty && !IsForWriter)
            {
                isStepping = true;
                return TakeGathered();
            }

            if (!gathering.IsEmpty || rolling is not null || stopping || waitsForever || hasSyncEnded || files.IsSyncOverdue)
            {
                bell.Ring();
            }

            return null;
        }
    }

    /// <summary>What was synchronised in the background has been, or has failed: the writer's thread takes note.</summary>
    public void TellSyncEnded()
    {
        lock (gate)
        {
            hasSyncEnded = true;
            bell.Ring();
        }
    }

    /// <summary>A batch has been written; its memory is for another one, unless it is large.</summary>
    public void Reuse(LogBatch? batch) => ended = batch is { IsSmall: true } ? batch : null;

    /// <summary>Closes appending, and tells what had gathered, which comes to nothing; the next frame has the given sequence.</summary>
    public LogBatch Close(Exception why, long nextSequence)
    {
        lock (gate)
        {
            closed = why;
            var dropped = gathering;
            gathering = new LogBatch(nextSequence);
            return dropped;
        }
    }

    /// <summary>Fails the roll that was asked for, if one was: there is nobody to make it.</summary>
    public void DropRoll(Exception why)
    {
        lock (gate)
        {
            rolling?.Fail(why);
            rolling = null;
        }
    }

    /// <summary>Opens appending again.</summary>
    public void Reopen()
    {
        lock (gate)
        {
            gathering = new LogBatch(files.WrittenSequence + 1);
            closed = null;
        }
    }

    private LogBatch? TakeGathered()
    {
        var batch = gathering.IsEmpty ? null : gathering;
        underWay = batch;
        isToldOfFrames = false;
        if (batch is not null)
        {
            gathering = new LogBatch(batch.LastSequence + 1, ended);
            ended = null;
        }

        return batch;
    }

    /// <summary>Waits a moment for those whom the disk has just answered, if nobody is here who could go on without it. Called under the gate.</summary>
    private void WaitForCompany()
    {
        // It is woken once for the first of them, and then when the last has come; more often than that, it goes ahead.
        isPacing = true;
        for (var woken = 0; woken < 2 && IsWorthWaiting && Wait(pacing.Milliseconds); woken++)
        {
        }

        isPacing = false;
        pacing.Note(haveCome: !IsWorthWaiting);
    }

    /// <summary>Lets the gate go until the bell rings; false if it has not.</summary>
    private bool Wait(int milliseconds)
    {
        bell.Still();
        gate.Exit();
        try
        {
            return bell.Wait(milliseconds);
        }
        finally
        {
            gate.Enter();
        }
    }

    private void End() => (isStepping, underWay) = (false, null);

    private void TellOfFrames()
    {
        bell.Ring();
        isToldOfFrames = true;
    }
}
