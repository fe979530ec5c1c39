using System.Globalization;
using System.Text.RegularExpressions;

namespace Holdfast.Cli;

/// <summary>A time as a command line or a topology writes it: <c>90</c> or <c>90s</c> seconds, <c>2m</c> minutes, <c>200ms</c> milliseconds.</summary>
internal static partial class Duration
{
    /// <summary>The time; null when the text is none.</summary>
    public static TimeSpan? Parse(string text)
    {
        if (!Form().IsMatch(text))
        {
            return null;
        }

        var number = double.Parse(text.TrimEnd('s', 'm'), CultureInfo.InvariantCulture);
        return text.EndsWith("ms", StringComparison.Ordinal) ? TimeSpan.FromMilliseconds(number)
            : text.EndsWith('m') ? TimeSpan.FromMinutes(number)
            : TimeSpan.FromSeconds(number);
    }

    [GeneratedRegex(@"^\d{1,5}(\.\d+)?(ms|s|m)?$")]
    private static partial Regex Form();
}
