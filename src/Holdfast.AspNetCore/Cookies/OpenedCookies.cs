using System.Numerics;
using System.Runtime.InteropServices;

namespace Holdfast.AspNetCore.Cookies;

/// <summary>
/// Cookies that were opened or sealed lately and what was in them: a client sends the same ones with every request, and opening them is the larger part of
/// what reading a session costs. Only what is authentic is kept, under its whole text and name, so that whatever differs in one character is opened, and
/// refused, as ever; and only for as long as its key is the ring's. How long a comparison takes tells nothing of how far a text agrees with a kept one.
/// </summary>
internal sealed class OpenedCookies
{
    private const int Places = 1024;

    /// <summary>Longer ones are not kept: all places together take about 2 MiB.</summary>
    private const int MaxChars = 700;

    private readonly Opened?[] places = new Opened?[Places];

    /// <summary>What was in the cookie, if that is known, and the key that it was sealed under.</summary>
    public Opened? Find(string name, ReadOnlySpan<char> text)
    {
        var known = Volatile.Read(ref places[PlaceOf(text)]);
        return known is not null && IsSame(text, known.Text) && known.Name == name ? known : null;
    }

    /// <summary>Keeps what is in an authentic cookie, in place of another. The content is not copied.</summary>
    public void Keep(string name, string text, CookieKey key, byte version, ReadOnlyMemory<byte> content)
    {
        if (text.Length <= MaxChars)
        {
            Volatile.Write(ref places[PlaceOf(text)], new Opened(name, text, key, version, content));
        }
    }

    /// <summary>
    /// Whether the texts are the same, in a time that depends on their length alone. <c>CryptographicOperations.FixedTimeEquals</c> does the same, one byte at a
    /// time: for a session's cookie that takes longer than to open it.
    /// </summary>
    public static bool IsSame(ReadOnlySpan<char> one, ReadOnlySpan<char> other)
    {
        if (one.Length != other.Length)
        {
            return false;
        }

        var left = MemoryMarshal.Cast<char, ushort>(one);
        var right = MemoryMarshal.Cast<char, ushort>(other);
        var differences = Vector<ushort>.Zero;
        var i = 0;
        for (; i <= left.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            differences |= new Vector<ushort>(left[i..]) ^ new Vector<ushort>(right[i..]);
        }

        var rest = 0;
        for (; i < left.Length; i++)
        {
            rest |= left[i] ^ right[i];
        }

        return (differences == Vector<ushort>.Zero) & (rest == 0);
    }

    private static int PlaceOf(ReadOnlySpan<char> text) => (int)((uint)string.GetHashCode(text) % Places);

    /// <summary>An authentic cookie.</summary>
    internal sealed record Opened(string Name, string Text, CookieKey Key, byte Version, ReadOnlyMemory<byte> Content);
}
