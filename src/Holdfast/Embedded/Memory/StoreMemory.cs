using System.Buffers.Binary;

namespace Holdfast.Embedded;

/// <summary>The memory of a store's records: allocators, each shared by some partitions, and the kinds.</summary>
internal sealed class StoreMemory : IDisposable
{
    // Each has slabs of its own that are not full; more of them let more threads allocate at once.
    private const int MaxAllocators = 16;

    private readonly SlabAllocator[] allocators;
    private readonly ulong seed;

    public StoreMemory(StateEngineOptions options)
    {
        Kinds = new KindTable([]);
        allocators = [.. Enumerable.Range(0, Math.Min(MaxAllocators, options.PartitionCount)).Select(static _ => new SlabAllocator())];
        Span<byte> random = stackalloc byte[sizeof(ulong)];
        options.Entropy.Fill(random);
        seed = BinaryPrimitives.ReadUInt64LittleEndian(random);
    }

    public KindTable Kinds { get; }

    /// <summary>The bytes of all blocks that hold versions of records.</summary>
    public long UsedBytes => allocators.Sum(static allocator => allocator.UsedBytes);

    /// <summary>The bytes of the pages that these take, free blocks between them included.</summary>
    public long HeldBytes => allocators.Sum(static allocator => allocator.HeldBytes);

    public RecordTable TableOf(int partition) => new(allocators[partition % allocators.Length], Kinds, seed);

    public void Dispose()
    {
        foreach (var allocator in allocators)
        {
            allocator.Dispose();
        }
    }
}
