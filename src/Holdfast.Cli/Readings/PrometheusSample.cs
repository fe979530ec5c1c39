using System.Globalization;
using System.Text.RegularExpressions;

namespace Holdfast.Cli.Readings;

/// <summary>One line of what a gateway counts, in the text format of Prometheus.</summary>
/// <param name="Name">The series' name.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Value">Its value.</param>
internal sealed partial record PrometheusSample(string Name, IReadOnlyDictionary<string, string> Labels, double Value)
{
    /// <summary>The samples of a text; comments, and lines that are none, are passed over.</summary>
    public static IEnumerable<PrometheusSample> Read(string text)
    {
        foreach (var line in text.Split('\n'))
        {
            if (Form().Match(line) is { Success: true } match
                && double.TryParse(match.Groups["value"].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            {
                var labels = match.Groups["label"].Captures.Zip(match.Groups["text"].Captures)
                    .ToDictionary(static pair => pair.First.Value, static pair => Unescape(pair.Second.Value));
                yield return new PrometheusSample(match.Groups["name"].Value, labels, value);
            }
        }
    }

    private static string Unescape(string text) =>
        text.Contains('\\') ? Escape().Replace(text, static match => match.Value == "\\n" ? "\n" : match.Value[1..]) : text;

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{((?<label>[a-zA-Z_][a-zA-Z0-9_]*)="(?<text>(\\.|[^"\\])*)",?)*\})? (?<value>\S+)$""")]
    private static partial Regex Form();

    [GeneratedRegex("""\\.""")]
    private static partial Regex Escape();
}
