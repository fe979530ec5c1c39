using System.Runtime.CompilerServices;

namespace Holdfast.Embedded;

/// <summary>Has the processor fetch records that will be used: what leads to one of them comes while what leads to the others does.</summary>
internal static class RecordFetch
{
    /// <summary>About as many lines of memory as a processor fetches at the same time.</summary>
    public const int MaxRecords = 16;

    [SkipLocalsInit]
    public static void Fetch(EmbeddedPartition[] partitions, ReadOnlySpan<ExpectedRecord> records)
    {
        if (!CacheLine.CanFetch)
        {
            return;
        }

        Span<int> slots = stackalloc int[MaxRecords];
        for (var i = 0; i < records.Length; i++)
        {
            partitions[records[i].Partition].Table.FetchIndex(records[i].Hash);
        }

        for (var i = 0; i < records.Length; i++)
        {
            slots[i] = partitions[records[i].Partition].Table.FetchSlot(records[i].Hash);
        }

        for (var i = 0; i < records.Length; i++)
        {
            partitions[records[i].Partition].Table.FetchBlock(slots[i]);
        }
    }
}
