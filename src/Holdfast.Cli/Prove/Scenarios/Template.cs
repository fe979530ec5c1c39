using System.Text.RegularExpressions;

namespace Holdfast.Cli.Prove.Scenarios;

/// <summary>Text with names in double braces, which stand for values of the run: <c>Hello {{unique}}</c>.</summary>
internal sealed partial class Template
{
    /// <summary>The name whose value is new in each run.</summary>
    public const string Unique = "unique";

    private readonly string text;

    public Template(string text)
    {
        this.text = text;
        Names = [.. Placeholder().Matches(text).Select(static match => match.Groups[1].Value).Distinct()];
    }

    /// <summary>The names that the text needs.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The one name that the text consists of; null when there is more to it.</summary>
    public string? SoleName => Names.Count == 1 && Placeholder().Match(text).Length == text.Length ? Names[0] : null;

    /// <summary>The text with its names replaced, each by what <paramref name="encode"/> makes of its value.</summary>
    public string Render(IReadOnlyDictionary<string, CapturedValue> values, Func<string, string>? encode = null) =>
        Placeholder().Replace(text, match =>
        {
            var value = values[match.Groups[1].Value].Text;
            return encode is null ? value : encode(value);
        });

    public override string ToString() => text;

    [GeneratedRegex(@"\{\{\s*([A-Za-z_][A-Za-z0-9_-]*)\s*\}\}")]
    private static partial Regex Placeholder();
}
