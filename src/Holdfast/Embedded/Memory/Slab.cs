namespace Holdfast.Embedded;

/// <summary>A slab: 64 KiB cut into blocks of one size; or the pages of one large block.</summary>
internal struct Slab
{
    /// <summary>Where it begins in memory.</summary>
    public nint Start;

    /// <summary>The bytes of each block.</summary>
    public int BlockBytes;

    /// <summary>Its size class; −1 for a large block.</summary>
    public int SizeClass;

    /// <summary>How many of its blocks are in use.</summary>
    public int Used;

    /// <summary>How many of its blocks were ever in use: those behind have not been touched.</summary>
    public int Touched;

    /// <summary>The block that was freed last, plus one; each free block holds the next. 0 for none.</summary>
    public int FirstFree;

    /// <summary>Its place among the slabs of its class with free blocks; −1 when it has none.</summary>
    public int Place;
}
