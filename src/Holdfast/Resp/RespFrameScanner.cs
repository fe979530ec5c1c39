namespace Holdfast.Resp;

/// <summary>
/// Finds where a reply ends in bytes that arrive in pieces, without looking at any element twice: it remembers how far
/// it came, and how many elements are still to come, whatever their nesting.
/// </summary>
internal struct RespFrameScanner
{
    private int scanned;
    private int missing;

    /// <summary>Tells the length of the reply that the bytes begin with; false while it is incomplete.</summary>
    /// <param name="bytes">The reply's bytes from its first on, as many as have come.</param>
    /// <param name="length">The complete reply's length; the scanner then stands before the next one.</param>
    public bool TryScan(ReadOnlySpan<byte> bytes, out int length)
    {
        if (scanned == 0)
        {
            missing = 1;
        }

        while (missing > 0)
        {
            if (scanned == bytes.Length || !RespElement.TryRead(bytes[scanned..], out var element))
            {
                length = 0;
                return false;
            }

            scanned += element.Size;
            missing += element.Count - (element.Kind == RespKind.Attribute ? 0 : 1);
            if (missing > RespLimits.MaxElements)
            {
                throw new RespFormatException("A reply has too many elements.");
            }
        }

        length = scanned;
        scanned = 0;
        return true;
    }
}
