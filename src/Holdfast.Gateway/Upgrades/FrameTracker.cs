namespace Holdfast.Gateway.Upgrades;

/// <summary>
/// Follows the frames of one direction of a WebSocket (RFC 6455, section 5.2) without looking at what they carry: the
/// gateway may put a frame of its own only between two of them. A head is
/// <c>FIN RSV opcode(4) · MASK length(7) · length(0, 16 or 64) · key(0 or 32)</c>.
/// </summary>
internal struct FrameTracker
{
    private const byte CloseOpcode = 8;
    private ulong payloadLeft;
    private int headBytes;
    private int headLength;
    private int lengthEnd;
    private ulong length;

    /// <summary>Whether the last byte seen ended a frame.</summary>
    public readonly bool IsBetweenFrames => payloadLeft == 0 && headBytes == 0;

    /// <summary>Whether a Close has begun: nothing comes after it.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>
    /// Takes note of bytes that pass. With <paramref name="toBoundary"/> only of those up to the end of the frame that is
    /// under way, and returns how many these are; it may be that the frame goes on after them.
    /// </summary>
    public int Pass(ReadOnlySpan<byte> bytes, bool toBoundary)
    {
        var position = 0;
        while (position < bytes.Length && !(toBoundary && IsBetweenFrames))
        {
            if (payloadLeft > 0)
            {
                var part = (int)Math.Min(payloadLeft, (ulong)(bytes.Length - position));
                payloadLeft -= (ulong)part;
                position += part;
                continue;
            }

            TakeHeadByte(bytes[position++]);
        }

        return position;
    }

    private void TakeHeadByte(byte value)
    {
        switch (headBytes++)
        {
            case 0:
                IsClosed |= (value & 0x0F) == CloseOpcode;
                (headLength, length) = (2, 0);
                break;
            case 1:
                var small = value & 0x7F;
                var more = small switch { 126 => 2, 127 => 8, _ => 0 };
                length = more == 0 ? (ulong)small : 0;
                lengthEnd = 2 + more;
                headLength = lengthEnd + ((value & 0x80) == 0 ? 0 : 4);
                break;
            default:
                if (headBytes <= lengthEnd)
                {
                    length = (length << 8) | value;
                }

                break;
        }

        if (headBytes == headLength && headBytes > 1)
        {
            (payloadLeft, headBytes) = (length, 0);
        }
    }
}
