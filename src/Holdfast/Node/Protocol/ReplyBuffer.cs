using System.Buffers.Text;
using System.Text;

namespace Holdfast.Node;

/// <summary>
/// Writes replies in RESP2 or RESP3 into memory of its own. Strings of a reply are bulk strings unless the method says
/// otherwise; what RESP2 lacks is written as Redis does: null as <c>$-1</c>, a map as a flat array, a push as an array.
/// </summary>
internal sealed class ReplyBuffer
{
    private const int MaxIdleBytes = 256 << 10;

    /// <summary>A mark, the digits of any number, and the line's end.</summary>
    private const int MaxHeaderBytes = 1 + 20 + 2;

    private byte[] bytes = new byte[256];

    /// <summary>2 or 3.</summary>
    public int Protocol { get; set; } = 2;

    /// <summary>The most bytes that it takes; beyond, writing fails.</summary>
    public long MaxBytes { get; init; } = System.Array.MaxLength;

    public int Length { get; private set; }

    private static ReadOnlySpan<byte> LineEnd => "\r\n"u8;

    public ReadOnlySpan<byte> Written => bytes.AsSpan(0, Length);

    public ReadOnlyMemory<byte> WrittenMemory => bytes.AsMemory(0, Length);

    /// <summary>Forgets what was written, and gives back the memory of an unusually large reply.</summary>
    public void Clear()
    {
        Length = 0;
        if (bytes.Length > MaxIdleBytes)
        {
            bytes = new byte[256];
        }
    }

    public void Truncate(int length) => Length = length;

    public void Raw(ReadOnlySpan<byte> already)
    {
        already.CopyTo(Room(already.Length));
        Length += already.Length;
    }

    public void Ok() => Raw("+OK\r\n"u8);

    public void Simple(ReadOnlySpan<byte> word)
    {
        Mark('+');
        Raw(word);
        End();
    }

    /// <summary>An error: the code, such as <c>ERR</c>, and the message. Line ends in it become spaces, as in Redis.</summary>
    public void Error(string message)
    {
        Mark('-');
        var room = Room(Encoding.UTF8.GetMaxByteCount(message.Length));
        var written = Encoding.UTF8.GetBytes(message, room);
        OnOneLine(room[..written]);
        Length += written;
        End();
    }

    public void Error(ReadOnlySpan<byte> message)
    {
        Mark('-');
        var room = Room(message.Length)[..message.Length];
        message.CopyTo(room);
        OnOneLine(room);
        Length += message.Length;
        End();
    }

    public void Integer(long value) => Header(':', value);

    public void Bulk(ReadOnlySpan<byte> value)
    {
        var room = Room(value.Length + MaxHeaderBytes + LineEnd.Length);
        var header = WriteHeader('$', value.Length, room);
        value.CopyTo(room[header..]);
        LineEnd.CopyTo(room[(header + value.Length)..]);
        Length += header + value.Length + LineEnd.Length;
    }

    public void Bulk(string value)
    {
        var count = Encoding.UTF8.GetByteCount(value);
        Header('$', count);
        Encoding.UTF8.GetBytes(value, Room(count));
        Length += count;
        End();
    }

    /// <summary>The number as a bulk string, as a hash's field holds it.</summary>
    public void BulkNumber(long value)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(value, digits, out var count);
        Bulk(digits[..count]);
    }

    public void Null() => Raw(Protocol == 3 ? "_\r\n"u8 : "$-1\r\n"u8);

    public void BulkOrNull(ReadOnlyMemory<byte>? value)
    {
        if (value is { } bytes)
        {
            Bulk(bytes.Span);
        }
        else
        {
            Null();
        }
    }

    /// <summary>Text for people: a verbatim string, which RESP2 has as a bulk string.</summary>
    public void Verbatim(string text)
    {
        if (Protocol == 2)
        {
            Bulk(text);
            return;
        }

        const string format = "txt:";
        Header('=', format.Length + Encoding.UTF8.GetByteCount(text));
        Raw("txt:"u8);
        var room = Room(Encoding.UTF8.GetByteCount(text));
        Length += Encoding.UTF8.GetBytes(text, room);
        End();
    }

    public void Array(int count) => Header('*', count);

    public void Map(int pairs) => Header(Protocol == 3 ? '%' : '*', Protocol == 3 ? pairs : pairs * 2L);

    public void Set(int count) => Header(Protocol == 3 ? '~' : '*', count);

    /// <summary>Null where an array was expected, which RESP2 tells from a string that is null.</summary>
    public void NullArray() => Raw(Protocol == 3 ? "_\r\n"u8 : "*-1\r\n"u8);

    public void Push(int count) => Header(Protocol == 3 ? '>' : '*', count);

    private static void OnOneLine(Span<byte> message)
    {
        message.Replace((byte)'\r', (byte)' ');
        message.Replace((byte)'\n', (byte)' ');
    }

    private void Header(char mark, long number) => Length += WriteHeader(mark, number, Room(MaxHeaderBytes));

    /// <summary>Writes a mark and a number in a line, and tells how many bytes that are.</summary>
    private static int WriteHeader(char mark, long number, Span<byte> room)
    {
        room[0] = (byte)mark;
        var count = 1;
        if ((ulong)number < 10)
        {
            room[1] = (byte)('0' + number);
        }
        else
        {
            Utf8Formatter.TryFormat(number, room[1..], out count);
        }

        LineEnd.CopyTo(room[(1 + count)..]);
        return 1 + count + LineEnd.Length;
    }

    private void Mark(char mark)
    {
        Room(1)[0] = (byte)mark;
        Length++;
    }

    private void End() => Raw(LineEnd);

    private Span<byte> Room(int count)
    {
        if (bytes.Length - Length < count)
        {
            Grow(count);
        }

        return bytes.AsSpan(Length);
    }

    private void Grow(int count)
    {
        var needed = (long)Length + count;
        if (needed > MaxBytes)
        {
            throw new StateLimitException($"a reply has at most {MaxBytes} bytes: ask for less at once");
        }

        System.Array.Resize(ref bytes, (int)Math.Min(System.Array.MaxLength, Math.Max(bytes.Length * 2L, needed)));
    }
}
