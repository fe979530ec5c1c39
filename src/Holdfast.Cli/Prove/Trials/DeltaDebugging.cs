namespace Holdfast.Cli.Prove.Trials;

/// <summary>
/// Delta debugging (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002): shrinks a list
/// until no part of it can be left out.
/// </summary>
internal static class DeltaDebugging
{
    /// <summary>The smallest list found for which the predicate holds, of items of the given one in their order.</summary>
    /// <param name="items">For which the predicate holds.</param>
    /// <param name="holds">Whether a list still shows what is looked for.</param>
    public static async Task<IReadOnlyList<T>> MinimizeAsync<T>(IReadOnlyList<T> items, Func<IReadOnlyList<T>, Task<bool>> holds)
    {
        var parts = 2;
        while (items.Count > 0)
        {
            var smaller = await ReduceAsync(items, Math.Min(parts, items.Count), holds);
            if (smaller is not null)
            {
                parts = Math.Max(2, smaller.Count < items.Count / 2 ? 2 : parts - 1);
                items = smaller;
            }
            else if (parts >= items.Count)
            {
                break;
            }
            else
            {
                parts = Math.Min(items.Count, parts * 2);
            }
        }

        return items;
    }

    /// <summary>One of the parts, or all but one of them; null when neither shows it.</summary>
    private static async Task<IReadOnlyList<T>?> ReduceAsync<T>(IReadOnlyList<T> items, int parts, Func<IReadOnlyList<T>, Task<bool>> holds)
    {
        for (var part = 0; part < parts; part++)
        {
            var (start, end) = (items.Count * part / parts, items.Count * (part + 1) / parts);
            T[] rest = [.. items.Take(start), .. items.Skip(end)];
            if (await holds(rest))
            {
                return rest;
            }

            T[] chosen = [.. items.Skip(start).Take(end - start)];
            if (parts > 2 && chosen.Length < rest.Length && await holds(chosen))
            {
                return chosen;
            }
        }

        return null;
    }
}
