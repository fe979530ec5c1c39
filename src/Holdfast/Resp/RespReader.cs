using System.Buffers.Text;
using System.Text;

namespace Holdfast.Resp;

/// <summary>
/// Reads a complete reply element by element, in its order, without a tree: <see cref="Read"/> moves to the next
/// element; an aggregate's elements are read after it. A copy reads ahead independently.
/// </summary>
internal ref struct RespReader(ReadOnlySpan<byte> reply)
{
    private readonly ReadOnlySpan<byte> reply = reply;
    private int at;
    private RespElement element;

    public readonly RespKind Kind => element.Kind;

    public readonly bool IsNull => element.Kind == RespKind.Null;

    public readonly bool IsError => element.Kind is RespKind.Error or RespKind.BulkError;

    /// <summary>How many elements of the aggregate follow.</summary>
    public readonly int Count => element.Count;

    /// <summary>The scalar's bytes; a verbatim string's without its format.</summary>
    public readonly ReadOnlySpan<byte> Text =>
        element.Kind == RespKind.VerbatimString && element.Text.Length >= 4 ? element.Text[4..] : element.Text;

    /// <summary>Moves to the next element, past attributes.</summary>
    public void Read()
    {
        while (true)
        {
            if (!RespElement.TryRead(reply[at..], out element))
            {
                throw new RespFormatException("The reply ends too early.");
            }

            at += element.Size;
            if (element.Kind != RespKind.Attribute)
            {
                return;
            }

            SkipElements(element.Count);
        }
    }

    /// <summary>Moves past this many elements and all that is in them.</summary>
    public void SkipElements(int count)
    {
        for (var missing = count; missing > 0; missing--)
        {
            Read();
            missing += element.Count;
        }
    }

    /// <summary>Reads an integer, or a string that holds one.</summary>
    public long ReadInteger()
    {
        Read();
        return Utf8Parser.TryParse(Text, out long number, out var used) && used == Text.Length
            ? number
            : throw new RespFormatException($"The reply has {Kind} where a number belongs.");
    }

    /// <summary>Reads a string's bytes.</summary>
    public ReadOnlySpan<byte> ReadText()
    {
        Read();
        return Kind is RespKind.BulkString or RespKind.SimpleString or RespKind.VerbatimString
            ? Text
            : throw new RespFormatException($"The reply has {Kind} where a string belongs.");
    }

    /// <summary>Reads a string as UTF-8.</summary>
    public string ReadString() => Encoding.UTF8.GetString(ReadText());

    /// <summary>Reads an aggregate's header and answers how many elements follow; -1 for null.</summary>
    public int ReadCount()
    {
        Read();
        return Kind switch
        {
            RespKind.Null => -1,
            RespKind.Array or RespKind.Set or RespKind.Map or RespKind.Push => Count,
            _ => throw new RespFormatException($"The reply has {Kind} where an array belongs."),
        };
    }

    /// <summary>Reads an array's header, which must say this many elements or more.</summary>
    public int ReadCount(int least)
    {
        var count = ReadCount();
        return count >= least ? count : throw new RespFormatException($"The reply has {count} elements where {least} belong.");
    }
}
