namespace Holdfast.AspNetCore.Cookies;

/// <summary>
/// A client's stamps as bytes:
/// <code>
/// store-until, number of stamps, and for each: partition, term, revision, seen
/// </code>
/// Numbers stand as LEB128; times are seconds since 1970.
/// </summary>
internal static class StampFormat
{
    public const int MaxBytes = 1 + (Leb128.MaxBytes * (1 + (4 * ClientStamps.MaxStamps)));

    public static void Write(Span<byte> target, ref int length, ClientStamps? stamps)
    {
        var count = stamps?.All.Count ?? 0;
        Leb128.Write(target, ref length, stamps?.StoreUntil ?? 0);
        Leb128.Write(target, ref length, count);
        for (var i = 0; i < count; i++)
        {
            var (stamp, seenSeconds) = stamps!.All[i];
            Leb128.Write(target, ref length, stamp.Partition);
            Leb128.Write(target, ref length, stamp.Term);
            Leb128.Write(target, ref length, stamp.Revision);
            Leb128.Write(target, ref length, seenSeconds);
        }
    }

    /// <summary>Reads the stamps of a store of this many partitions, null when there are none; false when they can't be of that store.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> source, PartitionMap partitions, out ClientStamps? stamps)
    {
        stamps = null;
        if (!Leb128.TryRead(ref source, out var storeUntil) || !Leb128.TryRead(ref source, out var count) || count > ClientStamps.MaxStamps)
        {
            return false;
        }

        if (storeUntil > 0 || count > 0)
        {
            stamps = new ClientStamps((int)count) { StoreUntil = storeUntil };
        }

        for (; count > 0; count--)
        {
            if (!Leb128.TryRead(ref source, out var partition) || !Leb128.TryRead(ref source, out var term)
                || !Leb128.TryRead(ref source, out var revision) || !Leb128.TryRead(ref source, out var seen) || partition >= partitions.Count)
            {
                return false;
            }

            stamps!.Restore(new SeenStamp(new Stamp((int)partition, term, revision), seen));
        }

        return true;
    }
}
