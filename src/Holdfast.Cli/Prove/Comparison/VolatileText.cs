using System.Text.RegularExpressions;

namespace Holdfast.Cli.Prove.Comparison;

/// <summary>Recognises what differs from run to run by its nature: times, and values made at random.</summary>
internal static partial class VolatileText
{
    public const string Time = "⟨time⟩";
    public const string Uuid = "⟨uuid⟩";
    public const string Token = "⟨token⟩";

    /// <summary>The text with such parts replaced by what they are.</summary>
    public static string Mask(string text)
    {
        if (text.Length < 5)
        {
            return text;
        }

        text = IsoTime().Replace(text, Time);
        text = NamedTime().Replace(text, Time);
        text = ClockTime().Replace(text, Time);
        text = UuidText().Replace(text, Uuid);
        text = Jwt().Replace(text, Token);
        return LongWord().Replace(text, static match => IsRandom(match.Value) ? Token : match.Value);
    }

    /// <summary>What the whole text is; null when it is none of these.</summary>
    public static string? KindOf(string text) => Mask(text) is Time or Uuid or Token ? Mask(text) : IsEpoch(text) ? Time : null;

    /// <summary>Whether a number counts seconds, or thousandths, millionths or billionths of them, since 1970, between 2020 and 2040.</summary>
    public static bool IsEpoch(string text)
    {
        if (!Number().IsMatch(text) || !double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        return ((double[])[1, 1e3, 1e6, 1e9]).Any(unit => number / unit is >= 1_577_836_800 and < 2_208_988_800);
    }

    /// <summary>Hexadecimal digits, or letters of both cases mixed with digits as only an encoding mixes them.</summary>
    private static bool IsRandom(string word) =>
        (word.Length >= 16 && HexWord().IsMatch(word) && word.Any(char.IsAsciiDigit) && word.Any(char.IsAsciiLetter))
        || (word.Length >= 20 && word.Any(char.IsAsciiDigit) && word.Any(char.IsAsciiLetterLower) && word.Any(char.IsAsciiLetterUpper));

    [GeneratedRegex(@"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?( ?(Z|[+-]\d\d:?\d\d))?")]
    private static partial Regex IsoTime();

    // RFC 9110's dates, and what JavaScript's Date makes: Sat Nov 21 2026 08:09:15 GMT+0000 (Coordinated Universal Time).
    [GeneratedRegex(@"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? [A-Za-z0-9 -]{5,20} \d\d:\d\d(:\d\d)?( (GMT|UTC)([+-]\d{4})?)?( \([A-Za-z ]+\))?")]
    private static partial Regex NamedTime();

    [GeneratedRegex(@"\b\d{1,2}:\d\d(:\d\d([.,]\d+)?)?( ?[AaPp][Mm])?\b")]
    private static partial Regex ClockTime();

    [GeneratedRegex("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")]
    private static partial Regex UuidText();

    [GeneratedRegex(@"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")]
    private static partial Regex Jwt();

    [GeneratedRegex("[A-Za-z0-9+/_=-]{16,}")]
    private static partial Regex LongWord();

    [GeneratedRegex("^[0-9a-fA-F]+$")]
    private static partial Regex HexWord();

    [GeneratedRegex(@"^\d{10,19}(\.\d+)?$")]
    private static partial Regex Number();
}
