using System.Buffers.Binary;

namespace Holdfast.Embedded;

/// <summary>
/// The memory of a store's records: allocators, each shared by some partitions, the kinds, and the limit. Nearing the limit wakes who evicts;
/// beyond it, no record may grow. Safe for concurrent use.
/// </summary>
internal sealed class StoreMemory : IDisposable
{
    // Each has slabs of its own that are not full; more of them let more threads allocate at once.
    private const int MaxAllocators = 16;

    /// <summary>Blocks that are kept for what replaces records take at most this part of the limit.</summary>
    private const int SpareShare = 64;

    private readonly int partitions;
    private readonly SlabAllocator[] allocators;
    private readonly ulong seed;
    private TaskCompletionSource? room;

    public StoreMemory(StateEngineOptions options)
    {
        partitions = options.PartitionCount;
        Kinds = new KindTable(options.EvictableKinds);
        Uses = new UseClock(options.Clock);
        allocators = [.. Enumerable.Range(0, Math.Min(MaxAllocators, options.PartitionCount)).Select(static _ => new SlabAllocator())];
        MaxBytes = options.MaxMemoryBytes ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 * 3;
        Span<byte> random = stackalloc byte[sizeof(ulong)];
        options.Entropy.Fill(random);
        seed = BinaryPrimitives.ReadUInt64LittleEndian(random);
    }

    public KindTable Kinds { get; }

    /// <summary>Tells when records were last used.</summary>
    public UseClock Uses { get; }

    /// <summary>What records may take.</summary>
    public long MaxBytes { get; }

    /// <summary>Above this, evictable records are evicted.</summary>
    public long EvictAboveBytes => MaxBytes / 16 * 15;

    /// <summary>Down to this.</summary>
    public long EvictToBytes => MaxBytes / 8 * 7;

    /// <summary>What all versions of records take, with their places and the index.</summary>
    public long UsedBytes
    {
        get
        {
            long used = 0;
            foreach (var allocator in allocators)
            {
                used += allocator.UsedBytes + (allocator.UsedBlocks * RecordTable.OverheadBytes);
            }

            return used;
        }
    }

    /// <summary>The bytes of the pages with blocks in use, free blocks between them included.</summary>
    public long HeldBytes => allocators.Sum(static allocator => allocator.HeldBytes);

    /// <summary>Whether the last search found nothing to evict.</summary>
    public bool HasNothingToEvict { get; set; }

    /// <summary>Called when eviction is due; it must not block.</summary>
    public Action? OnEvictionDue { get; set; }

    /// <summary>Whether memory can yet be had by eviction.</summary>
    private bool CanEvict => Kinds.HasEvictable && !HasNothingToEvict;

    /// <exception cref="ArgumentException">The options about memory are not right; the message names every problem.</exception>
    public static void Check(StateEngineOptions options)
    {
        List<string> problems = [];
        if (options.MaxMemoryBytes < StateEngineOptions.MinMaxMemoryBytes)
        {
            problems.Add($"MaxMemoryBytes: at least {StateEngineOptions.MinMaxMemoryBytes}, or null for three quarters of the machine's, not {options.MaxMemoryBytes}.");
        }

        foreach (var kind in options.EvictableKinds)
        {
            if (!Address.TryParse($"{kind}/x", out _))
            {
                problems.Add($"EvictableKinds: a kind is 1 to {Address.MaxKindLength} lower-case letters, digits or '-', not '{kind}'.");
            }
        }

        if (options.EvictableKinds.Count > KindTable.MaxKinds / 2)
        {
            problems.Add($"EvictableKinds: at most {KindTable.MaxKinds / 2}, not {options.EvictableKinds.Count}.");
        }

        if (problems.Count > 0)
        {
            throw new ArgumentException(string.Join(" ", problems), nameof(options));
        }
    }

    /// <summary>The hash of an address, under which its table has it.</summary>
    public uint HashOf(ReadOnlySpan<byte> address) => AddressHash.Of(address, seed);

    public RecordTable TableOf(int partition) =>
        new(allocators[partition % allocators.Length], Kinds, Uses, seed, MaxBytes / SpareShare / partitions);

    /// <summary>Completes when eviction has made room for commits; null when there is some, or will be none.</summary>
    public Task? Room()
    {
        if (UsedBytes <= MaxBytes || !CanEvict)
        {
            return null;
        }

        var waiting = Volatile.Read(ref room);
        if (waiting is null)
        {
            var made = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting = Interlocked.CompareExchange(ref room, made, null) ?? made;
        }

        OnEvictionDue?.Invoke();
        return waiting.Task;
    }

    /// <summary>Has those go on who wait for <see cref="Room"/>.</summary>
    public void TellRoom() => Interlocked.Exchange(ref room, null)?.SetResult();

    /// <summary>Whether records may grow by so much together.</summary>
    /// <exception cref="StateFullException">The limit is reached, and nothing can be evicted.</exception>
    public void CheckRoom(long growth)
    {
        if (growth <= 0 || UsedBytes + growth is var used && used <= EvictAboveBytes)
        {
            return;
        }

        if (CanEvict)
        {
            OnEvictionDue?.Invoke();
        }

        // While records are evicted, commits that did not wait may go a little over.
        if (used > MaxBytes && (!CanEvict || used > MaxBytes + (MaxBytes / 8)))
        {
            throw new StateFullException(
                $"Records take {UsedBytes} of the {MaxBytes} bytes of memory that they may: remove some, raise the limit (MaxMemoryBytes; holdfast node "
                + "--max-memory), or name kinds that may be evicted (EvictableKinds; --evict). Nothing was changed; removals still work.");
        }
    }

    public void Dispose()
    {
        foreach (var allocator in allocators)
        {
            allocator.Dispose();
        }
    }
}
