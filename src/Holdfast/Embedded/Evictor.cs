namespace Holdfast.Embedded;

/// <summary>
/// Removes records of evictable kinds when the store nears its memory limit, those first that were used least lately. One pass tells how the
/// ages of what may go are distributed, in quarters of a doubling; a second removes what is older than the age that makes enough room.
/// Removals are commits without a revision, as those of expired records are: they are in the log, and watches and near caches hear of them.
/// </summary>
internal sealed class Evictor(EmbeddedPartition[] partitions, StoreMemory memory, StoreClock clock)
{
    private const int EvictedAtOnce = 64;
    private const int Buckets = 256;

    /// <summary>Whether there is anything to do.</summary>
    public bool IsDue => memory.Kinds.HasEvictable && memory.UsedBytes > memory.EvictAboveBytes;

    /// <summary>How many records were evicted since the store was opened.</summary>
    public long Evictions { get; private set; }

    /// <summary>Evicts until there is room again or nothing to evict, on this thread.</summary>
    public void Run()
    {
        try
        {
            while (memory.UsedBytes is var used && used > memory.EvictAboveBytes)
            {
                var evicted = Evict(used - memory.EvictToBytes);
                memory.HasNothingToEvict = evicted == 0;
                if (evicted == 0)
                {
                    return;
                }
            }
        }
        catch (StateException)
        {
            // The log takes no frames: commits are told so themselves.
        }
        finally
        {
            memory.TellRoom();
        }
    }

    /// <summary>The bucket of an age, which is counted as in <see cref="UseClock"/>: four for each doubling.</summary>
    public static int BucketOf(uint age)
    {
        var doubling = System.Numerics.BitOperations.Log2(age | 1);
        return (doubling * 4) + (int)(doubling < 2 ? 0 : (age >> (doubling - 2)) & 3);
    }

    /// <summary>Evicts about so many bytes, and tells how many records those were.</summary>
    private long Evict(long bytes)
    {
        var now = UseClock.Of(clock.Timestamp);
        var ages = new long[Buckets];
        foreach (var partition in partitions)
        {
            for (var slot = 0; partition.AddAges(ages, now, ref slot);)
            {
            }
        }

        var oldest = Buckets - 1;
        for (var sum = ages[oldest]; sum < bytes && oldest > 0; sum += ages[oldest])
        {
            oldest--;
        }

        var last = Task.CompletedTask;
        var left = bytes;
        var evicted = Sweep(now, oldest + 1, ref left, ref last);
        evicted += Sweep(now, oldest, ref left, ref last);

        // Memory is free once nobody can see the records any more.
        Task.WaitAny(last);
        Evictions += evicted;
        return evicted;
    }

    /// <summary>Evicts records whose age is in the bucket or above, until there are no more or enough bytes are gone.</summary>
    private long Sweep(uint now, int fromBucket, ref long left, ref Task last)
    {
        Span<int> slots = stackalloc int[EvictedAtOnce];
        var evicted = 0L;
        foreach (var partition in partitions)
        {
            var slot = 0;
            for (var more = true; more && left > 0;)
            {
                more = partition.FindAged(now, fromBucket, ref slot, ref left, slots, out var found);
                if (found > 0)
                {
                    last = partition.Evict(slots[..found]);
                    evicted += found;
                }
            }
        }

        return evicted;
    }
}
