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
    public long Evictions => partitions.Sum(static partition => partition.Evicted);

    /// <summary>Evicts until there is room again or nothing to evict, on this thread.</summary>
    public void Run()
    {
        try
        {
            while (memory.UsedBytes is var used && used > memory.EvictAboveBytes)
            {
                var before = Evictions;
                foreach (var awaited in Steps(used - memory.EvictToBytes))
                {
                    Task.WaitAny(awaited);
                }

                memory.HasNothingToEvict = Evictions == before;
                if (memory.HasNothingToEvict)
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

    /// <summary>Evicts about so many bytes step by step: each is to be followed by the next once its task has ended, however it did.</summary>
    /// <exception cref="StateException">The log takes no frames.</exception>
    public IEnumerable<Task> Steps(long bytes)
    {
        var now = memory.Uses.Of(clock.Timestamp);
        var oldest = BucketToEvict(bytes, now);
        List<Task> gone = [];
        var found = new int[EvictedAtOnce];
        foreach (var bucket in (int[])[oldest + 1, oldest])
        {
            foreach (var partition in partitions)
            {
                var slot = 0;
                for (var more = true; more && bytes > 0;)
                {
                    more = partition.FindAged(now, bucket, ref slot, ref bytes, found, out var count);
                    yield return Task.CompletedTask;
                    if (partition.Evict(found.AsSpan(0, count)) is { } durable && durable != gone.LastOrDefault())
                    {
                        gone.Add(durable);
                    }
                }
            }
        }

        // Memory is free once nobody can see the records any more.
        foreach (var durable in gone)
        {
            yield return durable;
        }
    }

    /// <summary>The bucket of an age, which is counted as in <see cref="UseClock"/>: four for each doubling.</summary>
    public static int BucketOf(uint age)
    {
        var doubling = System.Numerics.BitOperations.Log2(age | 1);
        return (doubling * 4) + (int)(doubling < 2 ? 0 : (age >> (doubling - 2)) & 3);
    }

    /// <summary>The bucket of the age with which, and with all that are higher, about so many bytes are found.</summary>
    private int BucketToEvict(long bytes, uint now)
    {
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

        return oldest;
    }
}
