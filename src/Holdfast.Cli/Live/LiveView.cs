using System.Globalization;

namespace Holdfast.Cli.Live;

/// <summary>Lays out the live view: a table as wide as the terminal at most, and half as high.</summary>
internal static class LiveView
{
    private const string Red = "\e[31m";
    private const string Faint = "\e[2m";
    private const string Off = "\e[0m";
    private static readonly string[] Heads = ["NAME", "STATE", "REQ/S", "ERR/S", "P99", "NOW", ""];

    /// <summary>The lines; none when the terminal is too small for any.</summary>
    public static IReadOnlyList<string> Render(IReadOnlyList<LiveRow> rows, int width, int height, bool isColoured)
    {
        var room = (height / 2) - 2;
        if (room < 1 || width < 20)
        {
            return [];
        }

        var shown = rows.Count <= room ? rows : [.. rows.Where(static row => row.IsSum || row.IsTrouble).Take(room)];
        string[][] cells = [Heads, .. shown.Select(Cells)];
        int[] widths = [.. Enumerable.Range(0, Heads.Length).Select(column => cells.Max(row => row[column].Length))];
        var lines = new List<string> { Paint(new string('─', width - 1), Faint, isColoured) };
        foreach (var (index, row) in cells.Index())
        {
            var text = string.Join("  ", row.Select((cell, column) => column is > 1 and < 6 ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]))).TrimEnd();
            var cut = text.Length < width ? text : $"{text[..(width - 2)]}…";
            lines.Add(Paint(cut, index == 0 ? Faint : shown[index - 1].IsTrouble ? Red : "", isColoured));
        }

        return lines;
    }

    private static string[] Cells(LiveRow row) =>
    [
        row.Name,
        row.State,
        Number(row.Requests),
        Number(row.Failures),
        row.Slowest is { } time ? Time(time) : "",
        row.InFlight?.ToString(CultureInfo.InvariantCulture) ?? "",
        row.Note,
    ];

    private static string Number(double? number) => number switch
    {
        null => "",
        0 => "0",
        < 10 => number.Value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => number.Value.ToString("#,0", CultureInfo.InvariantCulture),
    };

    private static string Time(TimeSpan time) => time.TotalMilliseconds switch
    {
        < 10 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.0} ms"),
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
    };

    private static string Paint(string text, string colour, bool isColoured) => isColoured && colour.Length > 0 ? $"{colour}{text}{Off}" : text;
}
