namespace Holdfast.AspNetCore.Cookies;

/// <summary>Numbers that are not negative, seven bits a byte, the lowest first.</summary>
internal static class Leb128
{
    public const int MaxBytes = 9;

    public static void Write(Span<byte> target, ref int length, long number)
    {
        for (; number >= 0x80; number >>= 7)
        {
            target[length++] = (byte)(number | 0x80);
        }

        target[length++] = (byte)number;
    }

    public static bool TryRead(ref ReadOnlySpan<byte> source, out long number)
    {
        number = 0;
        for (var i = 0; i < source.Length && i < MaxBytes; i++)
        {
            number |= (long)(source[i] & 0x7F) << (7 * i);
            if (source[i] < 0x80)
            {
                source = source[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}
