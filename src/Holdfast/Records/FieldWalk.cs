namespace Holdfast;

/// <summary>
/// Walks packed fields: each its name and its value, and each of these a number of bytes (unsigned LEB128) and the bytes. So they lie
/// in the embedded engine's memory and in its snapshots (docs/storage-format.md).
/// </summary>
internal ref struct FieldWalk(ReadOnlySpan<byte> packed)
{
    private readonly ReadOnlySpan<byte> packed = packed;
    private int at;

    /// <summary>Where the name begins, and behind its length the value's.</summary>
    public int NameStart { get; private set; }

    public int NameLength { get; private set; }

    public int ValueStart { get; private set; }

    public int ValueLength { get; private set; }

    public readonly ReadOnlySpan<byte> Name => packed.Slice(NameStart, NameLength);

    public readonly ReadOnlySpan<byte> Value => packed.Slice(ValueStart, ValueLength);

    /// <summary>Where the field ends that was walked to last.</summary>
    public readonly int End => at;

    /// <summary>Goes on to the next field; false at the end.</summary>
    /// <exception cref="FormatException">These are no packed fields.</exception>
    public bool MoveNext()
    {
        if (at >= packed.Length)
        {
            return false;
        }

        (NameStart, NameLength) = Part();
        (ValueStart, ValueLength) = Part();
        return true;
    }

    /// <summary>Goes on to the field of this name; false if there is none.</summary>
    public bool Find(scoped ReadOnlySpan<byte> name)
    {
        while (MoveNext())
        {
            if (NameLength == name.Length && Name.SequenceEqual(name))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The bytes that a part of this length takes.</summary>
    public static int PartBytes(int length)
    {
        var bytes = 1;
        for (var rest = (uint)length; rest >= 0x80; rest >>= 7)
        {
            bytes++;
        }

        return length + bytes;
    }

    /// <summary>Writes a part, and tells how many bytes that took.</summary>
    public static int WritePart(Span<byte> target, ReadOnlySpan<byte> part)
    {
        var at = 0;
        var rest = (uint)part.Length;
        for (; rest >= 0x80; rest >>= 7)
        {
            target[at++] = (byte)(rest | 0x80);
        }

        target[at++] = (byte)rest;
        part.CopyTo(target[at..]);
        return at + part.Length;
    }

    private (int Start, int Length) Part()
    {
        if (at >= packed.Length)
        {
            throw Broken();
        }

        uint length = packed[at++];
        if (length >= 0x80)
        {
            length &= 0x7f;
            for (var shift = 7; ; shift += 7)
            {
                if (at >= packed.Length || shift > 21)
                {
                    throw Broken();
                }

                uint next = packed[at++];
                length |= (next & 0x7f) << shift;
                if (next < 0x80)
                {
                    break;
                }
            }
        }

        if (length > packed.Length - at)
        {
            throw Broken();
        }

        var start = at;
        at += (int)length;
        return (start, (int)length);
    }

    private static FormatException Broken() => new("A length reaches past the record.");
}
