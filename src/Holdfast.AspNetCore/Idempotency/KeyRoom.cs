namespace Holdfast.AspNetCore.Idempotency;

/// <summary>
/// Whether there is room for another key. Half of what keys may take is divided evenly: a partition's share is its own, whatever the others take. The
/// other half is for whichever partitions need more. How much of it is taken, nobody counts in one place, which every key would have to
/// pass: an instance that needs some of it adds up what the partitions say, and lets in at most a sixteenth of what is free before it adds up
/// again. So one instance stays within it; each further one that does so at the same time goes beyond it by a sixteenth at most, which is what it was let by a
/// sum from before the others took the rest.
/// </summary>
internal sealed class KeyRoom(StateEngine engine, long maxBytes)
{
    /// <summary>Which part of what is free one sum is good for.</summary>
    private const int Parts = 16;

    /// <summary>How long a sum is good for: others take from what it found free.</summary>
    private static readonly TimeSpan SumLasts = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private readonly long common = maxBytes / 2;
    private readonly long share = maxBytes / 2 / engine.Partitions.Count;
    private Task<Sum>? latest;

    /// <summary>Whether there is room for what was just reserved.</summary>
    /// <param name="usage">What its partition says, the reservation included.</param>
    /// <param name="reservedBytes">The reservation.</param>
    /// <exception cref="StateException">The partitions could not be asked.</exception>
    public ValueTask<bool> HasAsync(KeyUsage usage, long reservedBytes) => usage.Bytes <= share ? new(true) : HasMoreAsync(reservedBytes);

    private async ValueTask<bool> HasMoreAsync(long reservedBytes)
    {
        while (true)
        {
            var sum = await LatestAsync(reservedBytes);
            if (sum.TryTake(reservedBytes))
            {
                return true;
            }

            if (sum.Part < reservedBytes)
            {
                return false;
            }
        }
    }

    /// <summary>A sum that may be relied upon, and has something left or never had.</summary>
    private Task<Sum> LatestAsync(long reservedBytes)
    {
        lock (gate)
        {
            if (latest is null or { IsFaulted: true } or { IsCanceled: true } || (latest.IsCompletedSuccessfully && IsUsedUp(latest.Result, reservedBytes)))
            {
                latest = AddUpAsync();
            }

            return latest;
        }
    }

    private bool IsUsedUp(Sum sum, long reservedBytes) =>
        engine.Options.Clock.GetElapsedTime(sum.At) > SumLasts || (sum.Part >= reservedBytes && sum.Left < reservedBytes);

    private async Task<Sum> AddUpAsync()
    {
        var at = engine.Options.Clock.GetTimestamp();
        var taken = await Task.WhenAll(Enumerable.Range(0, engine.Partitions.Count).Select(BeyondShareAsync));
        return new Sum(at, Math.Max(common - taken.Sum(), 0) / Parts);
    }

    private async Task<long> BeyondShareAsync(int partition)
    {
        var usage = (await engine.ReadManyAsync([KeyUsage.AddressOf(engine.Partitions, partition)]))[0].Record;
        return usage is null ? 0 : Math.Max(new KeyUsage(usage, engine.Options.Clock.GetUtcNow()).Bytes - share, 0);
    }

    /// <summary>What an instance may let in by one sum.</summary>
    private sealed class Sum(long at, long part)
    {
        private long left = part;

        public long At => at;

        public long Part { get; } = part;

        public long Left => Volatile.Read(ref left);

        public bool TryTake(long bytes)
        {
            if (Interlocked.Add(ref left, -bytes) >= 0)
            {
                return true;
            }

            Interlocked.Add(ref left, bytes);
            return false;
        }
    }
}
