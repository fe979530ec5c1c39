using System.Text;

namespace Holdfast.Testing;

/// <summary>
/// Draws where the search for an order got stuck: one line for each operation near that place, its duration as a bar over
/// the order of calls and returns, and its number in the longest order that was found.
/// </summary>
internal static class LinearizabilityPicture
{
    private const int MostPlaced = 10;
    private const int MostUnplaced = 8;

    public static string Draw<TState, T>(SequentialModel<TState, T> model, string key, LinearizationSearch<TState, T> search)
        where TState : IEquatable<TState>
    {
        var unplaced = search.Unplaced.ToList();
        var stuck = unplaced.MinBy(static operation => operation.Return)!;
        var rows = new List<(string Place, Operation<T> Operation)>();
        for (var i = Math.Max(0, search.Longest.Count - MostPlaced); i < search.Longest.Count; i++)
        {
            rows.Add(($"{i + 1}", search.Longest[i]));
        }

        rows.AddRange(unplaced.Where(operation => operation.Call < stuck.Return).Take(MostUnplaced).Select(operation => (operation == stuck ? "none" : "?", operation)));
        var text = new StringBuilder();
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{key}: no order of its operations explains every answer. The longest places {search.Longest.Count}, leaves {unplaced.Count}, and ends");
        text.AppendLine(System.Globalization.CultureInfo.InvariantCulture, $" with {search.LongestState}; whoever is marked 'none' must come next and can't.");
        Table(text, rows, model.Describe);
        return text.ToString();
    }

    private static void Table<T>(StringBuilder text, List<(string Place, Operation<T> Operation)> rows, Func<Operation<T>, string> describe)
    {
        var moments = rows.SelectMany(static row => new[] { row.Operation.Call, row.Operation.Return }).Distinct().Order().ToList();
        var width = rows.Max(row => describe(row.Operation).Length);
        text.AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"place client {"operation".PadRight(width)} calls and returns, in the order of time");
        foreach (var (place, operation) in rows)
        {
            var (from, to) = (moments.IndexOf(operation.Call), moments.IndexOf(operation.Return));
            var bar = $"{new string(' ', from)}|{new string('-', to - from - 1)}{(operation.IsOpen ? "?" : "|")}";
            text.AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"{place,5} {operation.Client,6} {describe(operation).PadRight(width)} {bar}");
        }
    }
}
