using System.Text;

namespace Holdfast.Gateway.Hosting;

/// <summary>
/// Reads a Content-Length as RFC 9110, section 8.6, writes it: digits, and nothing else. The server itself takes signs
/// too; it lets an encoding be chosen for each field, and to this one everything but a digit is no character of a number.
/// </summary>
internal sealed class StrictLength : Encoding
{
    private static readonly StrictLength Instance = new();

    /// <summary>The encoding for a field; null for the server's own.</summary>
    public static Encoding? For(string field) =>
        field.Length == 14 && field.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) ? Instance : null;

    public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars)
    {
        // One that does not fit is too long for a number anyway, and stays too long when it is cut.
        var count = Math.Min(bytes.Length, chars.Length);
        for (var i = 0; i < count; i++)
        {
            chars[i] = char.IsAsciiDigit((char)bytes[i]) ? (char)bytes[i] : '?';
        }

        return count;
    }

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
        GetChars(bytes.AsSpan(byteIndex, byteCount), chars.AsSpan(charIndex));

    public override int GetCharCount(byte[] bytes, int index, int count) => count;

    public override int GetMaxCharCount(int byteCount) => byteCount;

    public override int GetByteCount(char[] chars, int index, int count) => ASCII.GetByteCount(chars, index, count);

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        ASCII.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    public override int GetMaxByteCount(int charCount) => ASCII.GetMaxByteCount(charCount);
}
