using System.Text;

namespace Holdfast.Embedded;

/// <summary>Reads what <see cref="PayloadWriter"/> wrote. Anything else is a <see cref="FormatException"/>.</summary>
internal ref struct PayloadReader(ReadOnlySpan<byte> payload)
{
    // The end of the year 9999.
    private const long MaxTime = 253_402_300_799_999;

    private ReadOnlySpan<byte> rest = payload;

    public readonly bool AtEnd => rest.IsEmpty;

    public byte Byte()
    {
        if (rest.IsEmpty)
        {
            throw new FormatException("The frame ends early.");
        }

        var value = rest[0];
        rest = rest[1..];
        return value;
    }

    public long Number()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value <= long.MaxValue ? (long)value : throw new FormatException("A number is out of range.");
            }
        }

        throw new FormatException("A number is too long.");
    }

    /// <summary>A time, in milliseconds since 1970.</summary>
    public long Time() => Number() is var value and <= MaxTime ? value : throw new FormatException("A time is out of range.");

    public int Count() => Number() is var value and <= int.MaxValue ? (int)value : throw new FormatException("A count is out of range.");

    public ReadOnlySpan<byte> Bytes()
    {
        var length = Count();
        if (length > rest.Length)
        {
            throw new FormatException("A length reaches past the frame.");
        }

        var bytes = rest[..length];
        rest = rest[length..];
        return bytes;
    }

    /// <summary>All that is left.</summary>
    public ReadOnlySpan<byte> Rest()
    {
        var bytes = rest;
        rest = default;
        return bytes;
    }

    public string Text() => Encoding.UTF8.GetString(Bytes());
}
