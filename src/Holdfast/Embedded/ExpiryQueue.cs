namespace Holdfast.Embedded;

/// <summary>
/// Which records expire next. A record that is touched keeps its place and is put back when its turn comes, so that
/// touching costs nothing here; so does the next record in the slot of one that was removed. Guarded by the partition's lock.
/// </summary>
internal sealed class ExpiryQueue(RecordTable table)
{
    private const int MaxStale = 1024;

    private readonly PriorityQueue<int, long> queue = new();

    // Entries that are not their slot's any more, as it has an earlier one.
    private int stale;
    private long next = long.MaxValue;

    /// <summary>No record expires before this; read without the lock.</summary>
    public long Next => Volatile.Read(ref next);

    /// <summary>How many places the queue takes.</summary>
    public int Count => queue.Count;

    /// <summary>The slot's newest record has this deadline.</summary>
    public void Note(int slot, long deadline)
    {
        ref var place = ref table[slot];
        if (deadline >= place.QueuedDeadline)
        {
            return;
        }

        stale += place.QueuedDeadline == Slot.Never ? 0 : 1;
        place.QueuedDeadline = deadline;
        queue.Enqueue(slot, deadline);
        Volatile.Write(ref next, Math.Min(next, deadline));
        if (stale > MaxStale && stale > queue.Count / 2 && stale > table.SlotCount / 8)
        {
            DropStale();
        }
    }

    /// <summary>Takes slots whose records have expired by now, into a buffer that is not full; those that hold a commit under way wait.</summary>
    public int Take(long now, long again, Span<int> expired)
    {
        var count = 0;
        while (count < expired.Length && queue.TryPeek(out var slot, out var due) && due <= now)
        {
            queue.Dequeue();
            ref var place = ref table[slot];
            if (place.QueuedDeadline != due)
            {
                stale--;
                continue;
            }

            place.QueuedDeadline = Slot.Never;
            if (place.Newest == 0 || place.IsNewestGone || place.NewestDeadline == Slot.Never)
            {
                continue;
            }

            if (place.NewestDeadline > now || place.Pending > 0)
            {
                Note(slot, Math.Max(place.NewestDeadline, again));
            }
            else
            {
                expired[count++] = slot;
            }
        }

        Volatile.Write(ref next, queue.TryPeek(out _, out var first) ? first : long.MaxValue);
        return count;
    }

    private void DropStale()
    {
        queue.Clear();
        stale = 0;
        for (var slot = 0; slot < table.SlotCount; slot++)
        {
            if (table[slot].QueuedDeadline is var deadline && deadline != Slot.Never)
            {
                queue.Enqueue(slot, deadline);
            }
        }
    }
}
