namespace Holdfast.Tests.Embedded.Simulation;

/// <summary>Bytes that can be written anywhere; what lies between is zero.</summary>
internal sealed class SimulatedImage
{
    private byte[] buffer = new byte[512];
    private int length;

    public ReadOnlySpan<byte> Bytes => buffer.AsSpan(0, length);

    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        SetLength(Math.Max(length, offset + bytes.Length));
        bytes.CopyTo(buffer.AsSpan((int)offset));
    }

    public void SetLength(long newLength)
    {
        if (newLength > buffer.Length)
        {
            Array.Resize(ref buffer, (int)Math.Max(newLength, buffer.Length * 2));
        }

        if (newLength < length)
        {
            buffer.AsSpan((int)newLength, length - (int)newLength).Clear();
        }

        length = (int)newLength;
    }

    /// <summary>A write, or without bytes a length.</summary>
    public void Do((long Offset, byte[] Bytes) change)
    {
        if (change.Bytes.Length == 0)
        {
            SetLength(change.Offset);
        }
        else
        {
            Write(change.Bytes, change.Offset);
        }
    }
}
