using System.Buffers.Text;
using System.Text;

namespace Holdfast.Resp;

/// <summary>Writes commands, arrays of bulk strings, one after the other into memory that grows.</summary>
internal sealed class RespWriter
{
    private const int InitialBytes = 16 << 10;

    /// <summary>Buffers that grew beyond this are given back once they are empty.</summary>
    private const int KeptBytes = 1 << 20;

    private byte[] buffer = new byte[InitialBytes];

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => buffer.AsMemory(0, Length);

    public void Clear()
    {
        Length = 0;
        if (buffer.Length > KeptBytes)
        {
            buffer = new byte[InitialBytes];
        }
    }

    /// <summary>Forgets what was written after the first bytes.</summary>
    public void Truncate(int length) => Length = length;

    /// <summary>Begins a command with this many parts, its name included.</summary>
    public void Command(int parts) => Header((byte)'*', parts);

    public void Bulk(ReadOnlySpan<byte> bytes)
    {
        Header((byte)'$', bytes.Length);
        bytes.CopyTo(Room(bytes.Length));
        Length += bytes.Length;
        EndLine();
    }

    public void Bulk(string text) => Bulk(default, text);

    /// <summary>Writes one string of two pieces.</summary>
    public void Bulk(ReadOnlySpan<byte> prefix, string text)
    {
        Header((byte)'$', prefix.Length + Encoding.UTF8.GetByteCount(text));
        prefix.CopyTo(Room(prefix.Length));
        Length += prefix.Length;
        Length += Encoding.UTF8.GetBytes(text, Room(Encoding.UTF8.GetMaxByteCount(text.Length)));
        EndLine();
    }

    public void Bulk(long number)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(number, digits, out var length);
        Bulk(digits[..length]);
    }

    private void Header(byte kind, int number)
    {
        var room = Room(16);
        room[0] = kind;
        Utf8Formatter.TryFormat(number, room[1..], out var length);
        Length += 1 + length;
        EndLine();
    }

    private void EndLine()
    {
        "\r\n"u8.CopyTo(Room(2));
        Length += 2;
    }

    private Span<byte> Room(int count)
    {
        if (buffer.Length - Length < count)
        {
            Array.Resize(ref buffer, Math.Max(buffer.Length * 2, Length + count));
        }

        return buffer.AsSpan(Length);
    }
}
