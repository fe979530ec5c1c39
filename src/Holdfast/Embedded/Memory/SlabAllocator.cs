using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Holdfast.Embedded;

/// <summary>
/// Blocks of native memory for records, which the collector neither sees nor moves. Memory comes in chunks of 1 MiB,
/// which are cut into slabs of 64 KiB, each with blocks of one size; a slab without a block in use gives its pages back.
/// Safe for concurrent use: several partitions share one allocator, so that slabs are full even when partitions are small.
/// </summary>
/// <remarks>
/// A handle is the slab's number and where in it the block begins, in granules of 16 bytes: 32 bits reach 64 GiB.
/// <see cref="Span(uint)"/> checks the number and gives no more than one block, so that a wrong handle can harm records and
/// nothing else; all else that touches native memory is in <see cref="NativePages"/>. Addresses stay valid until the
/// allocator is disposed: what is freed is discarded, never unmapped.
/// </remarks>
internal sealed class SlabAllocator : IDisposable
{
    public const int SlabBytes = 64 << 10;

    private const int ChunkBytes = 1 << 20;
    private const int GranuleBits = 12;

    /// <summary>The processor itself goes on with a block that is longer.</summary>
    private const int MaxFetchedBytes = 4 * CacheLine.Bytes;
    private const int MaxSlabs = 1 << (32 - GranuleBits);

    private readonly Lock gate = new();
    private readonly List<nint> chunks = [];
    private readonly Stack<int> emptySlabs = new();
    private readonly List<int>[] withRoom = [.. Enumerable.Range(0, SizeClasses.Count).Select(static _ => new List<int>())];
    private readonly Dictionary<int, Stack<int>> freeLarge = [];

    // Replaced by a larger copy when full; number 0 stays empty, so that no handle is 0.
    private Slab[] slabs = new Slab[64];
    private int slabCount = 1;
    private nint chunkEnd;
    private nint chunkNext;
    private long usedBytes;
    private long usedBlocks;
    private long heldBytes;

    ~SlabAllocator() => FreeChunks();

    /// <summary>The bytes of all blocks in use.</summary>
    public long UsedBytes => Volatile.Read(ref usedBytes);

    /// <summary>How many blocks are in use.</summary>
    public long UsedBlocks => Volatile.Read(ref usedBlocks);

    /// <summary>The bytes of all slabs with blocks in use: what the machine has given at most.</summary>
    public long HeldBytes => Volatile.Read(ref heldBytes);

    /// <summary>Takes a block of at least so many bytes, of undefined content.</summary>
    /// <exception cref="StateFullException">There is no more memory.</exception>
    public uint Allocate(int bytes)
    {
        lock (gate)
        {
            var handle = bytes > SizeClasses.MaxBytes ? AllocateLarge(bytes) : AllocateIn(SizeClasses.Of(bytes));
            usedBlocks++;
            return handle;
        }
    }

    public void Free(uint handle)
    {
        lock (gate)
        {
            var number = (int)(handle >> GranuleBits);
            ref var slab = ref slabs[number];
            usedBytes -= slab.BlockBytes;
            usedBlocks--;
            slab.Used--;
            if (slab.SizeClass < 0)
            {
                FreeLarge(number, slab);
                return;
            }

            var block = (int)(handle & ((1 << GranuleBits) - 1)) * SizeClasses.GranuleBytes / slab.BlockBytes;
            MemoryMarshal.Write(Block(slab, block), slab.FirstFree);
            slab.FirstFree = block + 1;
            var others = withRoom[slab.SizeClass];
            if (slab.Place < 0)
            {
                slab.Place = others.Count;
                others.Add(number);
            }

            if (slab.Used == 0 && others.Count > 1)
            {
                GiveBack(number, ref slab);
            }
        }
    }

    /// <summary>The block's bytes.</summary>
    public Span<byte> Span(uint handle) => Span(slabs[handle >> GranuleBits], handle);

    /// <summary>Has the processor fetch the block's first bytes. Whether it is still in use does not matter.</summary>
    public void Fetch(uint handle)
    {
        var all = Volatile.Read(ref slabs);
        if (handle >> GranuleBits >= all.Length)
        {
            return;
        }

        var bytes = Span(all[handle >> GranuleBits], handle);
        for (var at = 0; at < Math.Min(bytes.Length, MaxFetchedBytes); at += CacheLine.Bytes)
        {
            CacheLine.Fetch(in bytes[at]);
        }
    }

    /// <summary>What the block takes.</summary>
    public int BytesOf(uint handle) => slabs[handle >> GranuleBits].BlockBytes;

    /// <summary>Gives everything back; nobody uses a handle any more.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            FreeChunks();
        }

        GC.SuppressFinalize(this);
    }

    private static Span<byte> Span(in Slab slab, uint handle) =>
        Bytes(slab.Start + ((nint)(handle & ((1 << GranuleBits) - 1)) * SizeClasses.GranuleBytes), slab.BlockBytes);

    private static Span<byte> Block(in Slab slab, int block) => Bytes(slab.Start + ((nint)block * slab.BlockBytes), slab.BlockBytes);

    private static unsafe Span<byte> Bytes(nint start, int length) => new((void*)start, length);

    private uint AllocateIn(int sizeClass)
    {
        var some = withRoom[sizeClass];
        if (some.Count == 0)
        {
            TakeSlab(sizeClass);
        }

        var number = some[^1];
        ref var slab = ref slabs[number];
        int block;
        if (slab.FirstFree > 0)
        {
            block = slab.FirstFree - 1;
            slab.FirstFree = MemoryMarshal.Read<int>(Block(slab, block));
        }
        else
        {
            block = slab.Touched++;
        }

        slab.Used++;
        usedBytes += slab.BlockBytes;
        if (slab.FirstFree == 0 && (slab.Touched + 1) * slab.BlockBytes > SlabBytes)
        {
            some.RemoveAt(some.Count - 1);
            slab.Place = -1;
        }

        return ((uint)number << GranuleBits) | (uint)(block * slab.BlockBytes / SizeClasses.GranuleBytes);
    }

    private void TakeSlab(int sizeClass)
    {
        var number = emptySlabs.TryPop(out var empty) ? empty : NewNumber(NextOfChunk());
        slabs[number] = new Slab
        {
            Start = slabs[number].Start,
            BlockBytes = SizeClasses.BytesOf(sizeClass),
            SizeClass = sizeClass,
        };
        withRoom[sizeClass].Add(number);
        heldBytes += SlabBytes;
    }

    private void GiveBack(int number, ref Slab slab)
    {
        var others = withRoom[slab.SizeClass];
        others[slab.Place] = others[^1];
        slabs[others[slab.Place]].Place = slab.Place;
        others.RemoveAt(others.Count - 1);
        NativePages.Discard(slab.Start, SlabBytes);
        heldBytes -= SlabBytes;
        emptySlabs.Push(number);
    }

    private uint AllocateLarge(int bytes)
    {
        var size = SizeClasses.BytesOfLarge(bytes);
        int number;
        if (freeLarge.TryGetValue((int)size, out var free) && free.TryPop(out var again))
        {
            number = again;
        }
        else
        {
            var start = Pages(size);
            chunks.Add(start);
            number = NewNumber(start);
        }

        ref var slab = ref slabs[number];
        slab = new Slab { Start = slab.Start, BlockBytes = (int)size, SizeClass = -1, Used = 1, Place = -1 };
        usedBytes += size;
        heldBytes += size;
        return (uint)number << GranuleBits;
    }

    private void FreeLarge(int number, in Slab slab)
    {
        NativePages.Discard(slab.Start, slab.BlockBytes);
        heldBytes -= slab.BlockBytes;
        ref var free = ref CollectionsMarshal.GetValueRefOrAddDefault(freeLarge, slab.BlockBytes, out _);
        (free ??= new Stack<int>()).Push(number);
    }

    private nint NextOfChunk()
    {
        if (chunkNext == chunkEnd)
        {
            chunkNext = Pages(ChunkBytes);
            chunkEnd = chunkNext + ChunkBytes;
            chunks.Add(chunkNext);
        }

        var start = chunkNext;
        chunkNext += SlabBytes;
        return start;
    }

    private int NewNumber(nint start)
    {
        if (slabCount == slabs.Length)
        {
            if (slabCount == MaxSlabs)
            {
                throw new StateFullException("The store has all the records that it can address: remove some, or spread them over several stores. Nothing was changed.");
            }

            // Whoever reads meanwhile has the old one, which holds every handle that was given out.
            var larger = new Slab[slabs.Length * 2];
            slabs.CopyTo(larger, 0);
            Volatile.Write(ref slabs, larger);
        }

        slabs[slabCount].Start = start;
        return slabCount++;
    }

    private static nint Pages(long bytes)
    {
        try
        {
            return NativePages.Allocate(bytes);
        }
        catch (OutOfMemoryException fault)
        {
            throw new StateFullException("The machine has no memory left for records: remove some, or give it more. Nothing was changed.", fault);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void FreeChunks()
    {
        foreach (var chunk in chunks)
        {
            NativePages.Free(chunk);
        }

        chunks.Clear();
        slabs = [];
    }
}
