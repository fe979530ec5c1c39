using System.Globalization;

namespace Holdfast.Cli;

/// <summary>Sizes as people write them: a number of bytes, or of KiB, MiB, GiB or TiB with K, M, G or T behind it.</summary>
internal static class ByteSize
{
    public const string Form = "a number of bytes, with K, M, G or T behind it for 1,024 and its powers, as 512M";

    private const string Units = "KMGT";

    public static bool TryParse(string text, out long bytes)
    {
        var unit = text.Length > 0 ? Units.IndexOf(char.ToUpperInvariant(text[^1]), StringComparison.Ordinal) + 1 : 0;
        var digits = text.AsSpan(0, text.Length - (unit > 0 ? 1 : 0));
        var isNumber = long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        bytes = number << (10 * unit);
        return isNumber && bytes >> (10 * unit) == number;
    }

    /// <summary>The size as people write it, in the largest unit of which it is a whole number.</summary>
    public static string Text(long bytes)
    {
        var unit = 0;
        while (unit < Units.Length && bytes > 0 && bytes % 1024 == 0)
        {
            bytes /= 1024;
            unit++;
        }

        return unit == 0 ? bytes.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{bytes}{Units[unit - 1]}");
    }
}
