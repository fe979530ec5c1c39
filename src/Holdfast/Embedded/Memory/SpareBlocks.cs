namespace Holdfast.Embedded;

/// <summary>
/// A few blocks of one size that a partition has let go and is about to need again, as where records are replaced by others of their
/// size: taking turns at the allocator, which others share, would cost more than the rest. They count as used. Guarded by the partition's lock.
/// </summary>
/// <param name="memory">Where blocks come from.</param>
/// <param name="maxBytes">What those that are kept may take.</param>
internal sealed class SpareBlocks(SlabAllocator memory, long maxBytes)
{
    /// <summary>As many commits as a partition has under way when many clients send pipelines.</summary>
    private const int MaxBlocks = 16;

    private const int MaxBlockBytes = 512;

    private readonly uint[] blocks = new uint[Math.Min(MaxBlocks, maxBytes / (MaxBlockBytes + RecordTable.OverheadBytes))];
    private int count;
    private int blockBytes;

    /// <summary>Takes a block of at least so many bytes, of undefined content.</summary>
    /// <exception cref="StateFullException">There is no more memory.</exception>
    public uint Allocate(int bytes) =>
        count > 0 && bytes <= MaxBlockBytes && SizeClasses.BlockBytes(bytes) == blockBytes ? blocks[--count] : memory.Allocate(bytes);

    /// <summary>Lets a block go whose record was replaced.</summary>
    public void Free(uint handle)
    {
        var bytes = memory.BytesOf(handle);
        if (bytes != blockBytes)
        {
            Clear();
            blockBytes = bytes;
        }

        if (bytes > MaxBlockBytes || count == blocks.Length)
        {
            memory.Free(handle);
            return;
        }

        blocks[count++] = handle;
    }

    /// <summary>Gives all of them back to the allocator.</summary>
    public void Clear()
    {
        while (count > 0)
        {
            memory.Free(blocks[--count]);
        }
    }
}
