namespace Holdfast.AspNetCore.Idempotency;

/// <summary>
/// Whether there is room for another key. Half of what keys may take is divided evenly: a partition's share is its own, whatever the others take. The
/// other half is for whichever partitions need more. How much of it is taken, nobody counts in one place, which every key would have to
/// pass: an instance that needs some of it adds up what the partitions say, and lets in at most a sixteenth of what is free before it adds up
/// again. So one instance stays within it; each further one that does so at the same time goes beyond it by a sixteenth at most, which is what it was let by a
/// sum from before the others took the rest.
/// </summary>
/// <remarks>
/// What a key may take is reserved before there is room for it: a burst of keys that together are too many would find no room for any of them. So keys
/// wait in a queue, and a sum leaves out what is reserved for those that were in it when it began: nobody leaves before the sum is made, so it has counted
/// all of them. What comes while it is made counts as taken, which another sum sets right. By each sum the first in the queue are let in as far as its part
/// reaches. Whose reservation is more than the part in several sums is turned away, and for a moment whoever comes and needs as much.
/// </remarks>
internal sealed class KeyRoom(StateEngine engine, long maxBytes)
{
    /// <summary>Which part of what is free one sum is good for.</summary>
    private const int Parts = 16;

    /// <summary>How many sums must have too little for a key: a single one may have counted others that were on their way to the queue, or had just been turned away.</summary>
    private const int MaxMisses = 3;

    /// <summary>How long a sum is good for: others take from what it found free.</summary>
    private static readonly TimeSpan SumLasts = TimeSpan.FromSeconds(5);

    /// <summary>How long others are turned away without a sum of their own, which costs a look at each partition.</summary>
    private static readonly TimeSpan ShortageLasts = TimeSpan.FromSeconds(1);

    /// <summary>How long a key waits for its turn while sums take long.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private readonly long common = maxBytes / 2;
    private readonly long share = maxBytes / 2 / engine.Partitions.Count;
    private readonly List<Waiter> queue = [];
    private bool isAddingUp;
    private (long At, long Left)? latest;
    private (long At, long Bytes)? shortage;

    private TimeProvider Clock => engine.Options.Clock;

    /// <summary>Whether there is room for what was just reserved.</summary>
    /// <param name="partition">Where it was.</param>
    /// <param name="usage">What its partition says, the reservation included.</param>
    /// <param name="reservedBytes">The reservation.</param>
    /// <exception cref="StateException">The partitions could not be asked.</exception>
    public ValueTask<bool> HasAsync(int partition, KeyUsage usage, long reservedBytes) =>
        usage.Bytes <= share ? new(true) : HasMoreAsync(partition, reservedBytes);

    private ValueTask<bool> HasMoreAsync(int partition, long bytes)
    {
        var waiter = new Waiter(partition, bytes, Clock.GetTimestamp());
        lock (gate)
        {
            // Nobody is let in while a sum is made, which would count it or not.
            if (!isAddingUp && latest is { } sum && Clock.GetElapsedTime(sum.At) <= SumLasts && sum.Left >= bytes)
            {
                latest = sum with { Left = sum.Left - bytes };
                return new(true);
            }

            if (shortage is { } known && Clock.GetElapsedTime(known.At) <= ShortageLasts && bytes >= known.Bytes)
            {
                return new(false);
            }

            queue.Add(waiter);
            if (isAddingUp)
            {
                return new(waiter.HasRoom.Task);
            }

            isAddingUp = true;
        }

        _ = ServeAsync();
        return new(waiter.HasRoom.Task);
    }

    /// <summary>Adds up until nobody waits.</summary>
    private async Task ServeAsync()
    {
        while (true)
        {
            // Whoever has reserved, and whoever was turned away, comes to say so before the next sum.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            Waiter[] counted;
            lock (gate)
            {
                isAddingUp = queue.Count > 0;
                if (!isAddingUp)
                {
                    return;
                }

                counted = [.. queue];
            }

            try
            {
                var at = Clock.GetTimestamp();
                Decide(at, await PartAsync(counted), counted.Length);
            }
            catch (Exception fault)
            {
                lock (gate)
                {
                    queue.RemoveRange(0, counted.Length);
                }

                Array.ForEach(counted, waiter => waiter.HasRoom.TrySetException(fault));
            }
        }
    }

    /// <summary>The part of what is free that may be let in, apart from what is reserved for those who wait.</summary>
    private async Task<long> PartAsync(Waiter[] counted)
    {
        var waiting = new long[engine.Partitions.Count];
        foreach (var waiter in counted)
        {
            waiting[waiter.Partition] += waiter.Bytes;
        }

        var taken = await Task.WhenAll(waiting.Select((bytes, partition) => BeyondShareAsync(partition, bytes)));
        return Math.Max(common - taken.Sum(), 0) / Parts;
    }

    private async Task<long> BeyondShareAsync(int partition, long waitingBytes)
    {
        var usage = (await engine.ReadManyAsync([KeyUsage.AddressOf(engine.Partitions, partition)]))[0].Record;
        return usage is null ? 0 : Math.Max(new KeyUsage(usage, Clock.GetUtcNow()).Bytes - waitingBytes - share, 0);
    }

    /// <summary>Lets in who has room by a sum, in their order, and turns away who had none too often.</summary>
    /// <param name="at">When it was begun.</param>
    /// <param name="part">What may be let in.</param>
    /// <param name="counted">How many of the queue were left out of it. What has come since comes after them.</param>
    private void Decide(long at, long part, int counted)
    {
        lock (gate)
        {
            var left = part;
            shortage = shortage?.Bytes <= part ? null : shortage;
            var kept = new List<Waiter>(queue.Count);
            for (var i = 0; i < queue.Count; i++)
            {
                var waiter = queue[i];
                waiter.Misses += i < counted && waiter.Bytes > part ? 1 : 0;
                if (waiter.Bytes <= left)
                {
                    left -= waiter.Bytes;
                    waiter.HasRoom.SetResult(true);
                }
                else if (waiter.Misses >= MaxMisses)
                {
                    var least = shortage is { } known && known.At == at ? Math.Min(known.Bytes, waiter.Bytes) : waiter.Bytes;
                    shortage = (at, least);
                    waiter.HasRoom.SetResult(false);
                }
                else if (i < counted && Clock.GetElapsedTime(waiter.Since) > Patience)
                {
                    waiter.HasRoom.SetResult(false);
                }
                else
                {
                    kept.Add(waiter);
                }
            }

            queue.Clear();
            queue.AddRange(kept);
            latest = (at, left);
        }
    }

    /// <summary>A key that has reserved its room and waits for it. Used under the gate.</summary>
    private sealed class Waiter(int partition, long bytes, long since)
    {
        public int Partition => partition;

        public long Bytes => bytes;

        public long Since => since;

        /// <summary>How many sums had less than its reservation.</summary>
        public int Misses { get; set; }

        public TaskCompletionSource<bool> HasRoom { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
