using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Holdfast;

/// <summary>
/// How <c>Add</c> and <c>Max</c> keep a number in a field: decimal ASCII, no sign but a leading <c>-</c>, no leading
/// zeros. The range is that of exact integers in a double (as in JSON and Lua), so that every engine and every
/// language counts alike.
/// </summary>
internal static class Counter
{
    public const long Maximum = (1L << 53) - 1;
    public const long Minimum = -Maximum;

    public static bool InRange(long value) => value is >= Minimum and <= Maximum;

    public static bool TryParse(ReadOnlySpan<byte> text, out long value) =>
        Utf8Parser.TryParse(text, out value, out var used) && used == text.Length && InRange(value)
        && text[0] != '+' && !(text[0] == '0' && text.Length > 1) && !(text[0] == '-' && text[1] == '0');

    public static byte[] Format(long value) => Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture));
}
