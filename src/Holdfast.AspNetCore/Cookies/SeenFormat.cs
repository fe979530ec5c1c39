namespace Holdfast.AspNetCore.Cookies;

/// <summary>
/// What a client has seen as the cookie of its stamps tells it, version 1:
/// <code>
/// birth of the session that was touched (0: none), touched
/// stamps as <see cref="StampFormat"/> has them
/// </code>
/// Numbers stand as LEB128; times are seconds since 1970.
/// </summary>
internal static class SeenFormat
{
    public const byte Version = 1;
    public const int MaxBytes = (2 * Leb128.MaxBytes) + StampFormat.MaxBytes;

    public static int Write(Span<byte> target, Touch touch, ClientStamps stamps)
    {
        var length = 0;
        Leb128.Write(target, ref length, touch.Birth);
        Leb128.Write(target, ref length, touch.Seconds);
        StampFormat.Write(target, ref length, stamps);
        return length;
    }

    /// <summary>Reads what is of a store of this many partitions; false when it can't be of that store.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, PartitionMap partitions, out Touch touch, out ClientStamps? stamps)
    {
        (touch, stamps) = (default, null);
        if (!Leb128.TryRead(ref source, out var birth) || !Leb128.TryRead(ref source, out var seconds))
        {
            return false;
        }

        touch = new Touch(birth, seconds);
        return StampFormat.TryRead(ref source, partitions, out stamps) && source.IsEmpty;
    }
}
