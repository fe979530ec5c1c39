namespace Holdfast.Cli.Yaml;

/// <summary>Finds what a person who mistyped a name probably meant.</summary>
internal static class NearestName
{
    /// <summary>The candidate with the fewest typing errors; null when none is near.</summary>
    public static string? Of(string name, IEnumerable<string> candidates)
    {
        var (distance, nearest) = candidates.Select(candidate => (Distance(name, candidate), candidate)).MinBy(static pair => pair.Item1);
        return distance <= Math.Max(1, nearest?.Length / 2 ?? 0) ? nearest : null;
    }

    /// <summary>How many letters must be added, removed, replaced or swapped with their neighbour (optimal string alignment).</summary>
    private static int Distance(string from, string to)
    {
        var table = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++)
        {
            for (var j = 0; j <= to.Length; j++)
            {
                table[i, j] = (i, j) switch
                {
                    (_, 0) => i,
                    (0, _) => j,
                    _ => Math.Min(
                        Math.Min(table[i - 1, j] + 1, table[i, j - 1] + 1),
                        table[i - 1, j - 1] + (char.ToLowerInvariant(from[i - 1]) == char.ToLowerInvariant(to[j - 1]) ? 0 : 1)),
                };
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                {
                    table[i, j] = Math.Min(table[i, j], table[i - 2, j - 2] + 1);
                }
            }
        }

        return table[from.Length, to.Length];
    }
}
