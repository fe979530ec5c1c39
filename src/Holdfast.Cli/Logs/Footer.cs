using System.Text.RegularExpressions;

namespace Holdfast.Cli.Logs;

/// <summary>
/// Lines that stay at the bottom of a terminal while others scroll by above them: taken away before something is printed,
/// and put back after it. Nothing else of the terminal is changed, so whatever ends the process leaves it usable.
/// </summary>
internal sealed partial class Footer(Func<int> width)
{
    private IReadOnlyList<string> shown = [];

    /// <summary>What is to be printed to take away what is shown.</summary>
    public string Erase()
    {
        // A terminal that was made narrower has wrapped the lines: each takes as many rows as it needs now.
        var rows = shown.Sum(line => Math.Max(1, (VisibleLength(line) + width() - 1) / Math.Max(1, width())));
        shown = [];
        return rows == 0 ? "" : $"\e[{rows}A\r\e[J";
    }

    /// <summary>What is to be printed to show the lines, after <see cref="Erase"/>.</summary>
    public string Draw(IReadOnlyList<string> lines)
    {
        shown = lines;
        return string.Concat(lines.Select(static line => $"{line}\n"));
    }

    /// <summary>How many columns a line takes, colours aside.</summary>
    public static int VisibleLength(string line) => Colour().Replace(line, "").Length;

    [GeneratedRegex(@"\e\[[0-9;]*m")]
    private static partial Regex Colour();
}
