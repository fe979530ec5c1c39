namespace Holdfast.Embedded;

/// <summary>
/// Which version of a record is the newest, which one readers see, and whose block is let go. Every block has one owner: the slot as its
/// newest or its visible version, or the pending change that made it and was followed by another. Needs the partition's lock.
/// </summary>
internal static class RecordVersions
{
    /// <summary>The change's effect becomes the newest version.</summary>
    public static void Push(RecordTable table, ref PlannedChange change)
    {
        if (change.Slot < 0)
        {
            // A change before it in the same commit can't have taken the address: a commit changes a record once.
            change.Slot = table.Add(change.Hash, change.Block, change.Deadline);
        }
        else if (change.Effect == ChangeEffect.Delete)
        {
            table[change.Slot].IsNewestGone = true;
        }
        else
        {
            // What was the newest is the visible version, or belongs to the change that made it; a version that nobody ever sees was taken back.
            table.Replace(change.Slot, change.Block, change.Deadline);
        }

        table[change.Slot].Pending++;
    }

    /// <summary>Readers see the change's effect from now on.</summary>
    public static void Show(RecordTable table, in PlannedChange change) =>
        Show(table, change.Slot, change.Effect == ChangeEffect.Delete ? 0 : change.Block, change.Deadline);

    /// <summary>Readers see this version from now on, or none for block 0.</summary>
    public static void Show(RecordTable table, int slot, uint block, long deadline)
    {
        ref var place = ref table[slot];
        var before = place.Visible;
        place.Visible = block;
        place.VisibleDeadline = deadline;
        if (before != 0 && before != block && before != place.Newest)
        {
            table.Spares.Free(before);
        }

        Settle(table, slot);
    }

    /// <summary>Takes the change back, with all others that are pending: the visible version is the newest again.</summary>
    public static void TakeBack(RecordTable table, in PlannedChange change) => TakeBack(table, change.Slot, change.OwnsBlock ? change.Block : 0);

    /// <summary>Takes a change back that made the version in this block, or none for block 0.</summary>
    public static void TakeBack(RecordTable table, int slot, uint block)
    {
        ref var place = ref table[slot];
        if (place.Visible != 0)
        {
            table.Replace(slot, place.Visible, place.VisibleDeadline);
        }
        else
        {
            place.IsNewestGone = true;
        }

        if (block != 0 && block != place.Newest)
        {
            table.Memory.Free(block);
        }

        Settle(table, slot);
    }

    private static void Settle(RecordTable table, int slot)
    {
        ref var place = ref table[slot];
        if (--place.Pending == 0 && place.IsNewestGone && place.Visible == 0)
        {
            table.Remove(slot);
        }
    }
}
