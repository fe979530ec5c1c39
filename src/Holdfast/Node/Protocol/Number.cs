using System.Buffers.Text;

namespace Holdfast.Node;

/// <summary>Numbers in arguments: decimal, without plus sign or leading zeros, as Redis takes them.</summary>
internal static class Number
{
    public static bool TryParse(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        return text.Length > 0 && (text[0] is >= (byte)'1' and <= (byte)'9' || text.SequenceEqual("0"u8) || (text[0] == '-' && text.Length > 1 && text[1] != '0'))
            && Utf8Parser.TryParse(text, out value, out var used) && used == text.Length;
    }
}
