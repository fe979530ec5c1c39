using System.Numerics;

namespace Holdfast.Embedded;

/// <summary>
/// The sizes in which slabs are cut into blocks: eight to each doubling up to 8 KiB, so that at most an eighth of a
/// block is unused (a quarter below 128 bytes, where sizes go by 16); above, what divides a slab into seven to two.
/// </summary>
internal static class SizeClasses
{
    /// <summary>What sizes are multiples of, and what a handle counts.</summary>
    public const int GranuleBytes = 16;

    /// <summary>The largest block in a slab; larger ones have pages of their own.</summary>
    public const int MaxBytes = SlabAllocator.SlabBytes / 2;

    private const int Fine = 128;
    private const int FineClasses = Fine / GranuleBytes;
    private const int StepsPerDoubling = 8;
    private const int GeometricMax = 8 << 10;

    private static readonly int[] Sizes = Make();

    /// <summary>How many classes there are.</summary>
    public static int Count => Sizes.Length;

    /// <summary>The smallest class that holds so many bytes, which are at most <see cref="MaxBytes"/>.</summary>
    public static int Of(int bytes)
    {
        if (bytes <= Fine)
        {
            return Math.Max(0, (bytes - 1) / GranuleBytes);
        }

        if (bytes <= GeometricMax)
        {
            var doubling = BitOperations.Log2((uint)(bytes - 1));
            var step = 1 << (doubling - 3);
            var above = (bytes - 1 - (1 << doubling)) / step;
            return FineClasses + ((doubling - 7) * StepsPerDoubling) + above;
        }

        var index = Sizes.Length - 1;
        while (Sizes[index - 1] >= bytes)
        {
            index--;
        }

        return index;
    }

    /// <summary>The bytes of a block of this class.</summary>
    public static int BytesOf(int sizeClass) => Sizes[sizeClass];

    /// <summary>What a block for so many bytes takes.</summary>
    public static long BlockBytes(int bytes) => bytes > MaxBytes ? BytesOfLarge(bytes) : BytesOf(Of(bytes));

    /// <summary>The bytes of pages of its own that a large block takes.</summary>
    public static long BytesOfLarge(int bytes)
    {
        var step = Math.Max(4096, (int)BitOperations.RoundUpToPowerOf2((uint)bytes) / 16);
        return ((long)bytes + step - 1) / step * step;
    }

    private static int[] Make()
    {
        List<int> sizes = [];
        for (var size = GranuleBytes; size <= Fine; size += GranuleBytes)
        {
            sizes.Add(size);
        }

        for (var start = Fine; start < GeometricMax; start *= 2)
        {
            for (var step = 1; step <= StepsPerDoubling; step++)
            {
                sizes.Add(start + (start / StepsPerDoubling * step));
            }
        }

        for (var parts = 7; parts >= 2; parts--)
        {
            sizes.Add(SlabAllocator.SlabBytes / parts / GranuleBytes * GranuleBytes);
        }

        return [.. sizes];
    }
}
