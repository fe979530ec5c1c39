using System.Text.RegularExpressions;

namespace Holdfast.Cli.Prove.Scenarios;

/// <summary>A place in a page: a CSS selector, and after an @ the attribute of what it finds.</summary>
internal sealed partial record CssPlace(string Selector, string? Attribute)
{
    public static CssPlace Of(string text) =>
        Whole().Match(text) is { Success: true } match
            ? new CssPlace(match.Groups[1].Value, match.Groups[2].Value)
            : new CssPlace(text, null);

    [GeneratedRegex(@"^(.+)@([A-Za-z][A-Za-z0-9_:-]*)$", RegexOptions.Singleline)]
    private static partial Regex Whole();
}
