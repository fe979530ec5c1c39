using System.Buffers;
using System.Runtime.CompilerServices;

namespace Holdfast.Embedded;

/// <summary>
/// Makes a partition's commits that give a record its one field: the shortest way, for those that come by the hundred thousand a second. No commit is made of them, and
/// nothing that the collector sees; what is to be done once the log has them waits there itself (<see cref="LogEntry"/>). Needs the partition's lock.
/// </summary>
internal sealed class PartitionReplacements(PartitionState state, PendingFrames pending, LogWriter log, EmbeddedPartition owner)
{
    private const int FrameBytesOnStack = 1024;

    private readonly RecordTable table = state.Table;

    /// <summary>Gives a record this one field, if it is absent or has that field alone. False otherwise.</summary>
    /// <param name="address">The record's.</param>
    /// <param name="hash">Of the address.</param>
    /// <param name="field">The field.</param>
    /// <param name="durability">What the commit waits for.</param>
    /// <param name="sender">Who makes it.</param>
    /// <param name="now">A moment ago at most.</param>
    /// <exception cref="StateException">The log takes no frames, or there is no room; nothing was changed.</exception>
    public bool TryMake(ReadOnlySpan<byte> address, uint hash, in FieldReplacement field, Durability durability, CommitSender sender, StoreMoment now)
    {
        var slot = table.Find(address, hash);
        if (slot >= 0 && table[slot].NewestDeadline != Slot.Never)
        {
            // The caller's moment was before it had the lock: somebody may have seen since that the record has expired.
            now = new StoreMoment(state.Clock.Timestamp, state.Clock.WallMilliseconds);
        }

        var before = table.Newest(slot, now.Timestamp);
        if (!before.IsAbsent && (before.FieldCount != 1 || !before.TryField(field.Name, out _)))
        {
            return false;
        }

        Make(address, hash, slot, before, field, durability, sender, now);
        return true;
    }

    /// <summary>Gives a record its one field, if that is what is decided.</summary>
    [SkipLocalsInit]
    public bool TryMake(RecordDecision decision, Durability durability, CommitSender sender, StoreMoment now)
    {
        Span<byte> buffer = stackalloc byte[Address.MaxBytes];
        var address = decision.Address.WriteTo(buffer);
        var slot = table.Find(address, out var hash);
        var before = table.Newest(slot, now.Timestamp);
        if (!decision.TryReplace(before, out var field))
        {
            return false;
        }

        Make(address, hash, slot, before, field, durability, sender, now);
        return true;
    }

    /// <summary>Shows what a commit led to.</summary>
    /// <param name="replaced">What that is.</param>
    /// <param name="sequence">Its frame's.</param>
    /// <param name="untilSynced">Whether it has waited for the disk.</param>
    public void Release(in ReplacedRecord replaced, long sequence, bool untilSynced)
    {
        pending.Release(untilSynced);
        state.VisibleSequence = sequence;
        state.VisibleRevision = replaced.Revision;
        RecordVersions.Show(table, replaced.Slot, replaced.Block, replaced.Deadline);
    }

    /// <summary>Takes a commit back, as all that are pending are.</summary>
    public void RollBack(in ReplacedRecord replaced, bool untilSynced)
    {
        pending.TakeBack(untilSynced);
        state.Revision = state.VisibleRevision;
        state.NoteVisibleDeadline(replaced.Slot);
        RecordVersions.TakeBack(table, replaced.Slot, replaced.Block);
    }

    [SkipLocalsInit]
    private void Make(
        ReadOnlySpan<byte> address, uint hash, int slot, RecordView before, in FieldReplacement field, Durability durability, CommitSender sender, StoreMoment now)
    {
        var exists = !before.IsAbsent;
        var change = new PlannedChange
        {
            Hash = hash, Slot = slot, Exists = exists, DeadlineBefore = before.Deadline, Effect = exists ? ChangeEffect.Change : ChangeEffect.Create,
        };
        change.Deadline = CommitPlan.DeadlineOf(state.Clock, field.Expiry, change, now.Timestamp);
        var bytes = RecordView.SizeOf(address.Length, field.PackedBytes);
        state.Store.CheckRoom(CommitPlan.GrowthOf(table, change, bytes));

        var revision = state.Revision + 1;
        var room = ReplacementFrame.RoomFor(address, field);
        var rented = room <= FrameBytesOnStack ? null : ArrayPool<byte>.Shared.Rent(room);
        try
        {
            var target = rented is null ? stackalloc byte[FrameBytesOnStack] : rented;
            var frame = target[..new ReplacementFrame(target).Write(state.Index, revision, now, change, address, field, state.Clock)];
            change.Block = table.Spares.Allocate(bytes);
            field.WriteTo(RecordView.Begin(table.Memory.Span(change.Block), address, revision, exists ? before.Birth : revision, 1, field.PackedBytes));
            Enter(frame, ref change, revision, untilSynced: durability == Durability.Synced || pending.NeedSync, sender, now);
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    /// <summary>Puts the frame into the log, and then, as that can't fail any more, its effect into the newest records.</summary>
    private void Enter(ReadOnlySpan<byte> frame, ref PlannedChange change, long revision, bool untilSynced, CommitSender sender, StoreMoment now)
    {
        // A place comes first where one is needed: the entry tells it, and whoever writes may take the entry at once.
        var isNew = change.Slot < 0;
        if (isNew)
        {
            change.Slot = AddPlace(change);
        }

        try
        {
            var entry = new LogEntry(owner, new ReplacedRecord(change.Slot, change.Block, change.Deadline, revision, sender.Origin), untilSynced);
            pending.Add(log.Append(frame, entry, sender.Writes, out _), untilSynced);
        }
        catch
        {
            if (isNew)
            {
                table.Remove(change.Slot);
            }
            else
            {
                table.Memory.Free(change.Block);
            }

            throw;
        }

        state.Revision = revision;
        if (!isNew)
        {
            table.Replace(change.Slot, change.Block, change.Deadline);
        }

        table[change.Slot].Pending++;
        table.Use(change.Slot, now.Timestamp);
        state.Expiries.Note(change.Slot, change.Deadline);
    }

    private int AddPlace(in PlannedChange change)
    {
        try
        {
            return table.Add(change.Hash, change.Block, change.Deadline);
        }
        catch
        {
            table.Memory.Free(change.Block);
            throw;
        }
    }
}
