namespace Holdfast.Embedded;

/// <summary>The memory of records, and what was removed to have some.</summary>
/// <param name="UsedBytes">What all versions of records take, with their places and the index.</param>
/// <param name="HeldBytes">The bytes of the pages with blocks in use, free blocks between them included.</param>
/// <param name="MaxBytes">What records may take.</param>
/// <param name="Evictions">Records that were removed to make room since the store was opened.</param>
/// <param name="Expiries">Records that were removed because their time was over.</param>
internal readonly record struct MemoryFigures(long UsedBytes, long HeldBytes, long MaxBytes, long Evictions, long Expiries);
