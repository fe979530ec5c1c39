namespace Holdfast.Embedded;

/// <summary>
/// Which records expire next. A record that is touched keeps its place and is put back when its turn comes, so that
/// touching costs nothing here. Guarded by the partition's lock.
/// </summary>
internal sealed class ExpiryQueue
{
    private readonly PriorityQueue<Slot, long> queue = new();
    private long next = long.MaxValue;

    /// <summary>No record expires before this; read without the lock.</summary>
    public long Next => Volatile.Read(ref next);

    /// <summary>The slot's newest record has this deadline.</summary>
    public void Note(Slot slot, long? deadline)
    {
        if (deadline is { } due && due < slot.QueuedDeadline)
        {
            slot.QueuedDeadline = due;
            queue.Enqueue(slot, due);
            Volatile.Write(ref next, Math.Min(next, due));
        }
    }

    /// <summary>Takes slots whose records have expired by now, into a buffer that is not full; those that hold a commit under way wait.</summary>
    public int Take(long now, long again, Span<Slot?> expired)
    {
        var count = 0;
        while (count < expired.Length && queue.TryPeek(out var slot, out var due) && due <= now)
        {
            queue.Dequeue();
            if (slot.QueuedDeadline != due)
            {
                continue;
            }

            slot.QueuedDeadline = long.MaxValue;
            if (slot.Newest?.Deadline is not { } deadline)
            {
                continue;
            }

            if (deadline > now || slot.Pending > 0)
            {
                Note(slot, Math.Max(deadline, again));
            }
            else
            {
                expired[count++] = slot;
            }
        }

        Volatile.Write(ref next, queue.TryPeek(out _, out var first) ? first : long.MaxValue);
        return count;
    }
}
