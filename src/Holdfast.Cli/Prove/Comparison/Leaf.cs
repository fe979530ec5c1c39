using System.Text.RegularExpressions;

namespace Holdfast.Cli.Prove.Comparison;

/// <summary>One comparable part of an answer.</summary>
/// <param name="Path">Where it is: <c>status</c>, <c>header.location</c>, <c>cookie.sid</c>, <c>$.items[0].sku</c>, <c>page.body.ul.li</c>.</param>
/// <param name="Shape">What is there: a single value or a list.</param>
internal sealed partial record Leaf(string Path, Shape Shape)
{
    public const string Status = "status";
    private const string CookiePrefix = "cookie.";
    private const string HeaderPrefix = "header.";
    private const string RedirectPrefix = "redirect";

    public bool IsCookie => IsCookiePath(Path);

    public static string Cookie(string name) => CookiePrefix + name;

    public static string Header(string name) => HeaderPrefix + name;

    public static string Redirect(int number) => $"{RedirectPrefix}[{number}]";

    public static bool IsCookiePath(string path) => path.StartsWith(CookiePrefix, StringComparison.Ordinal);

    public static bool IsHeaderPath(string path) => path.StartsWith(HeaderPrefix, StringComparison.Ordinal);

    public static bool IsStatusPath(string path) => path == Status || path.StartsWith(RedirectPrefix, StringComparison.Ordinal);

    public static bool IsBodyPath(string path) => !IsCookiePath(path) && !IsHeaderPath(path) && !IsStatusPath(path);

    /// <summary>The path with something in place of where it stands in lists.</summary>
    public static string ReplaceIndexes(string path, string by) => Indexes().Replace(path, by);

    [GeneratedRegex(@"\[\d+\]")]
    private static partial Regex Indexes();
}
