using System.Text;

namespace Holdfast.Embedded;

/// <summary>
/// Writes what a frame holds. Numbers are unsigned LEB128, texts and byte strings their length and then their bytes.
/// Reused from frame to frame by one writer at a time.
/// </summary>
internal sealed class PayloadWriter
{
    // A commit can leave a buffer of some megabytes behind; most need a few hundred bytes.
    private const int InitialBytes = 512;
    private const int KeptBytes = 64 << 10;

    private byte[] buffer = new byte[InitialBytes];
    private int length;

    public ReadOnlySpan<byte> Written => buffer.AsSpan(0, length);

    public void Begin(FrameKind kind)
    {
        if (buffer.Length > KeptBytes)
        {
            buffer = new byte[InitialBytes];
        }

        length = 0;
        Byte((byte)kind);
    }

    public void Byte(byte value)
    {
        Reserve(1);
        buffer[length++] = value;
    }

    public void Number(long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        Reserve(10);
        var rest = (ulong)value;
        while (rest >= 0x80)
        {
            buffer[length++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        buffer[length++] = (byte)rest;
    }

    public void Text(string text)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        Number(bytes);
        Reserve(bytes);
        length += Encoding.UTF8.GetBytes(text, buffer.AsSpan(length));
    }

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Number(bytes.Length);
        Rest(bytes);
    }

    /// <summary>Bytes that end where the payload ends, or tell themselves where they do.</summary>
    public void Rest(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(buffer.AsSpan(length));
        length += bytes.Length;
    }

    private void Reserve(int bytes)
    {
        if (buffer.Length - length < bytes)
        {
            Array.Resize(ref buffer, Math.Max(buffer.Length * 2, length + bytes));
        }
    }
}
