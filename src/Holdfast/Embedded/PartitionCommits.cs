using System.Runtime.CompilerServices;

namespace Holdfast.Embedded;

/// <summary>
/// Makes a partition's commits: evaluates them against the newest records, appends them to the log, shows them when the log releases
/// them and takes them back when it can't be written. Needs the partition's lock.
/// </summary>
internal sealed class PartitionCommits(PartitionState state, PendingFrames underWay, PartitionReplacements replacements, LogWriter log, EmbeddedPartition owner)
{
    private readonly RecordTable table = state.Table;
    private readonly PayloadWriter frame = new();

    /// <summary>Makes the commit in memory and in the log, or says why not.</summary>
    public CommitVerdict Make(Commit commit, string? fingerprint, CommitSender sender, long now)
    {
        if (CommitMemory.Find(state, commit, fingerprint, sender, now) is { } known)
        {
            return known with { Durable = known.Result.IsCommitted ? DurableAt(commit.Durability, now) : underWay.Durable };
        }

        var plan = new PlannedChange[commit.Changes.Count];
        if (CommitPlan.Check(table, commit, plan, now) is { } refusal)
        {
            return new CommitVerdict(new CommitResult(state.Newest, refusal), [], underWay.Durable);
        }

        var takesRevision = CommitPlan.TakesRevision(commit, plan);
        var revision = takesRevision ? state.Revision + 1 : state.Revision;
        var changes = CommitPlan.SetEffects(state.Clock, commit, plan, now);
        SetKept(commit, plan, now);
        Task durable;
        if (takesRevision || changes > 0 || commit.Request is not null || sender.IsRemembered)
        {
            var pending = Pending(commit, fingerprint, sender, plan, revision, takesRevision, now);
            WriteFrame(pending, commit, changes);
            Append(pending);
            durable = underWay.Durable;
        }
        else
        {
            durable = DurableAt(commit.Durability, now);
        }

        var after = CommitPlan.After(plan);
        var result = new CommitResult(state.Newest, CommitPlan.Told(commit, after), isReplay: false);
        return new CommitVerdict(result, after, durable) { AsHeld = CommitPlan.AsHeld(commit, plan, state.Term) };
    }

    /// <summary>Makes one commit of what is decided about the newest records; tells when what that leaves is durable.</summary>
    public Task Make(ReadOnlySpan<RecordDecision> decisions, Durability durability, CommitSender sender, long now)
    {
        if (decisions.Length == 1 && replacements.TryMake(decisions[0], durability, sender, new StoreMoment(now, state.Clock.WallMilliseconds)))
        {
            return underWay.Durable;
        }

        var changes = new List<RecordChange>(decisions.Length);
        foreach (var decision in decisions)
        {
            var newest = table.Newest(table.Find(decision.Address, out _), now);
            if (decision.Decide(newest.ToRecord(decision.Address)) is { } change)
            {
                changes.Add(change);
            }
        }

        return changes.Count > 0 ? Make(new Commit(changes) { Durability = durability }, null, sender, now).Durable : DurableAt(durability, now);
    }

    /// <summary>Removes records that nobody can see any more, or that are to go, without a revision.</summary>
    /// <returns>Ends when they are gone for everybody.</returns>
    /// <exception cref="StateException">The log takes no frames; nothing was changed.</exception>
    public Task Remove(ReadOnlySpan<int> slots, long now, bool isEviction)
    {
        var changes = new PlannedChange[slots.Length];
        for (var i = 0; i < slots.Length; i++)
        {
            changes[i] = new PlannedChange
            {
                Address = Address.OfValidBytes(table.AddressOf(slots[i])), Slot = slots[i], Effect = ChangeEffect.Delete, Exists = true,
            };
        }

        var pending = new PendingCommit(owner)
        {
            Changes = changes,
            Events = [],
            Revision = state.Revision,
            TakesRevision = false,
            Timestamp = now,
            WallMilliseconds = state.Clock.WallMilliseconds,
            Expired = isEviction ? 0 : changes.Length,
            Evicted = isEviction ? changes.Length : 0,
            UntilSynced = underWay.NeedSync,
        };
        WriteFrame(pending, null, changes.Length);
        Push(pending);
        return underWay.Durable;
    }

    /// <summary>Shows what a pending commit led to.</summary>
    public void Release(PendingCommit pending)
    {
        state.VisibleSequence = pending.Sequence;
        state.Expired += pending.Expired;
        state.Evicted += pending.Evicted;
        underWay.Release(pending.UntilSynced);
        foreach (ref readonly var change in pending.Changes.AsSpan())
        {
            if (change.Effect != ChangeEffect.None)
            {
                RecordVersions.Show(table, change);
            }
        }

        if (pending.TakesRevision)
        {
            state.VisibleRevision = pending.Revision;
            foreach (var item in pending.Events)
            {
                state.Journal.Append(item, pending.Timestamp);
            }
        }
    }

    /// <summary>Takes a pending commit back, as all that are pending are.</summary>
    public void RollBack(PendingCommit pending)
    {
        underWay.TakeBack(pending.UntilSynced);
        state.Revision = state.VisibleRevision;
        foreach (ref readonly var change in pending.Changes.AsSpan())
        {
            if (change.Effect != ChangeEffect.None)
            {
                state.NoteVisibleDeadline(change.Slot);
                RecordVersions.TakeBack(table, change);
            }
        }

        CommitMemory.Remove(state, pending);
    }

    /// <summary>
    /// Tells when what a commit found is durable at its level, which puts nothing into the log itself: what others have put there may only be
    /// written so far. Then an empty frame follows, and reaches the disk with it.
    /// </summary>
    private Task DurableAt(Durability level, long now)
    {
        var isOnDisk = underWay.Count == 0 && log.SyncedSequence >= state.VisibleSequence;
        if (level == Durability.Synced && !underWay.NeedSync && !isOnDisk)
        {
            var pending = new PendingCommit(owner)
            {
                Changes = [],
                Events = [],
                Revision = state.Revision,
                TakesRevision = false,
                Timestamp = now,
                WallMilliseconds = state.Clock.WallMilliseconds,
                UntilSynced = true,
            };
            WriteFrame(pending, null, 0);
            Push(pending);
        }

        return underWay.Durable;
    }

    /// <summary>What is only kept is told without its fields, which nobody asked for.</summary>
    private void SetKept(Commit commit, PlannedChange[] plan, long now)
    {
        for (var i = 0; i < plan.Length; i++)
        {
            ref var planned = ref plan[i];
            if (commit.Changes[i].Kind == ChangeKind.Keep && planned.Exists)
            {
                var before = table.Newest(planned.Slot, now);
                planned.Block = table[planned.Slot].Newest;
                planned.After = new Record(planned.Address, before.Revision, before.Birth, Record.NoFields, planned.Deadline == Slot.Never ? null : planned.Deadline);
            }
        }
    }

    private PendingCommit Pending(
        Commit commit, string? fingerprint, CommitSender sender, PlannedChange[] plan, long revision, bool takesRevision, long now)
    {
        var wall = state.Clock.WallMilliseconds;
        var request = commit.Request is { } id ? new RequestKey(id.Id, id.Step) : (RequestKey?)null;
        return new PendingCommit(owner)
        {
            Changes = plan,
            Events = CommitPlan.EventsOf(commit, revision, wall),
            Revision = revision,
            TakesRevision = takesRevision,
            Timestamp = now,
            WallMilliseconds = wall,
            Sender = sender,
            Request = request,
            Mark = request is null ? null : new RequestMark(
                fingerprint!, state.Term, revision, state.Clock.After(now, (long)Math.Ceiling(commit.Request!.Window.TotalMilliseconds))),
            UntilSynced = commit.Durability == Durability.Synced || underWay.NeedSync,
        };
    }

    /// <summary>Works out the records after the commit, and writes the frame that tells them.</summary>
    [SkipLocalsInit]
    private void WriteFrame(PendingCommit pending, Commit? commit, int changes)
    {
        Span<byte> address = stackalloc byte[Address.MaxBytes];
        CommitFrame.Begin(frame, state.Index, pending, changes);
        for (var i = 0; i < pending.Changes.Length; i++)
        {
            ref var change = ref pending.Changes[i];
            if (change.Effect == ChangeEffect.None)
            {
                continue;
            }

            CommitFrame.Change(frame, pending, change, change.Address.WriteTo(address), state.Clock);
            if (change.OwnsBlock)
            {
                change.After = Edit(change, commit!.Changes[i], pending.Revision);
            }
        }

        CommitFrame.End(frame, pending, state.Clock);
    }

    private Record Edit(in PlannedChange planned, RecordChange change, long revision)
    {
        var editor = state.Editor;
        var before = planned.Exists ? table.Newest(planned.Slot, long.MinValue) : default;
        editor.Begin(before.IsAbsent ? default : before.Fields);
        editor.Apply(change);
        editor.WriteTouched(frame);
        var packed = new byte[editor.PackedBytes];
        editor.WriteTo(packed);
        return new Record(
            planned.Address,
            revision,
            before.IsAbsent ? revision : before.Birth,
            new PackedFields(packed, editor.FieldCount),
            planned.Deadline == Slot.Never ? null : planned.Deadline);
    }

    private void Append(PendingCommit pending)
    {
        var memory = CommitMemory.BytesOf(state, pending);
        if (memory > 0)
        {
            state.Memory.Reserve(memory);
        }

        try
        {
            Push(pending);
        }
        catch
        {
            state.Memory.Release(memory);
            throw;
        }

        CommitMemory.Add(state, pending);
    }

    /// <summary>Takes blocks, puts the frame into the log, and its effect into the newest records.</summary>
    private void Push(PendingCommit pending)
    {
        try
        {
            TakeBlocks(pending.Changes);
        }
        catch
        {
            FreeBlocks(pending.Changes);
            throw;
        }

        Enter(pending);
    }

    /// <summary>Puts the frame into the log, and then, as that can't fail any more, its effect into the newest records.</summary>
    private void Enter(PendingCommit pending)
    {
        try
        {
            var durable = log.Append(frame.Written, pending, out var sequence);
            underWay.Add(durable, pending.UntilSynced);
            pending.Sequence = sequence;
        }
        catch
        {
            FreeBlocks(pending.Changes);
            throw;
        }

        state.Revision = pending.Revision;
        foreach (ref var change in pending.Changes.AsSpan())
        {
            if (change.Effect != ChangeEffect.None)
            {
                RecordVersions.Push(table, ref change);
                table.Use(change.Slot, pending.Timestamp);
                if (change.Effect != ChangeEffect.Delete)
                {
                    state.Expiries.Note(change.Slot, change.Deadline);
                }
            }
        }
    }

    [SkipLocalsInit]
    private void TakeBlocks(PlannedChange[] changes)
    {
        state.Store.CheckRoom(GrowthOf(changes));
        Span<byte> bytes = stackalloc byte[Address.MaxBytes];
        foreach (ref var change in changes.AsSpan())
        {
            if (change.OwnsBlock)
            {
                var after = change.After!;
                var fields = (PackedFields)after.Fields;
                var address = change.Address.WriteTo(bytes);
                change.Block = table.Spares.Allocate(RecordView.SizeOf(address.Length, fields.Packed.Length));
                fields.Packed.CopyTo(RecordView.Begin(
                    table.Memory.Span(change.Block), address, after.Revision, after.Birth, fields.Count, fields.Packed.Length));
            }
        }
    }

    /// <summary>By how much records will be larger, together.</summary>
    private long GrowthOf(PlannedChange[] changes)
    {
        long growth = 0;
        foreach (ref readonly var change in changes.AsSpan())
        {
            growth += CommitPlan.GrowthOf(
                table, change, change.OwnsBlock ? RecordView.SizeOf(change.Address.ToString().Length, ((PackedFields)change.After!.Fields).Packed.Length) : 0);
        }

        return growth;
    }

    private void FreeBlocks(PlannedChange[] changes)
    {
        foreach (ref readonly var change in changes.AsSpan())
        {
            if (change.OwnsBlock && change.Block != 0)
            {
                table.Memory.Free(change.Block);
            }
        }
    }
}
