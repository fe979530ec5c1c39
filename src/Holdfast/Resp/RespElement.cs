using System.Buffers.Text;

namespace Holdfast.Resp;

/// <summary>
/// One element's header as it stands in the bytes, and its text if it is a scalar. An aggregate's elements follow it.
/// </summary>
internal readonly ref struct RespElement
{
    private RespElement(RespKind kind, int count, ReadOnlySpan<byte> text, int size)
    {
        Kind = kind;
        Count = count;
        Text = text;
        Size = size;
    }

    public RespKind Kind { get; }

    /// <summary>How many elements follow that belong to it: a map's names and values both count. 0 for scalars.</summary>
    public int Count { get; }

    /// <summary>A scalar's bytes; of an integer its digits.</summary>
    public ReadOnlySpan<byte> Text { get; }

    /// <summary>How many bytes the header, and a scalar's text, take.</summary>
    public int Size { get; }

    /// <summary>Reads the element that the bytes begin with; false when they end before it does.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out RespElement element)
    {
        element = default;
        var end = bytes.IndexOf("\r\n"u8);
        if (end < 0)
        {
            // No header is this long: simple strings and errors are one line, all others a number.
            return bytes.Length > RespLimits.MaxLineBytes ? throw new RespFormatException("A line has no end.") : false;
        }

        if (end == 0)
        {
            throw new RespFormatException("An empty line is no element.");
        }

        var kind = (RespKind)bytes[0];
        var line = bytes[1..end];
        switch (kind)
        {
            case RespKind.BulkString or RespKind.BulkError or RespKind.VerbatimString:
                return TryReadBulk(kind, bytes, NumberIn(line), end + 2, out element);
            case RespKind.Array or RespKind.Set or RespKind.Push or RespKind.Map or RespKind.Attribute:
                element = Aggregate(kind, NumberIn(line), end + 2);
                return true;
            case RespKind.SimpleString or RespKind.Error or RespKind.Integer or RespKind.Null or RespKind.Boolean or RespKind.Double or RespKind.BigNumber:
                element = new RespElement(kind, 0, line, end + 2);
                return true;
            default:
                throw new RespFormatException($"0x{bytes[0]:x2} begins no RESP3 element.");
        }
    }

    private static bool TryReadBulk(RespKind kind, ReadOnlySpan<byte> bytes, int length, int start, out RespElement element)
    {
        if (length < 0)
        {
            element = new RespElement(RespKind.Null, 0, default, start);
            return true;
        }

        element = default;
        if (bytes.Length - start < length + 2)
        {
            return false;
        }

        if (bytes[start + length] != '\r' || bytes[start + length + 1] != '\n')
        {
            throw new RespFormatException("A string is longer than it says.");
        }

        element = new RespElement(kind, 0, bytes.Slice(start, length), start + length + 2);
        return true;
    }

    private static RespElement Aggregate(RespKind kind, int count, int size) =>
        count < 0 ? new RespElement(RespKind.Null, 0, default, size)
        : new RespElement(kind, kind is RespKind.Map or RespKind.Attribute ? 2 * count : count, default, size);

    private static int NumberIn(ReadOnlySpan<byte> line) =>
        Utf8Parser.TryParse(line, out int number, out var used) && used == line.Length && number is >= -1 and <= RespLimits.MaxLength
            ? number
            : throw new RespFormatException("A length is no number, or out of bounds.");
}
