using System.Collections.Immutable;

namespace Holdfast.Cli.Readings;

/// <summary>How long requests took: how many took at most so many seconds, by the bounds that gateways count with.</summary>
internal sealed record Latencies(ImmutableSortedDictionary<double, long> AtMost)
{
    public static readonly Latencies None = new(ImmutableSortedDictionary<double, long>.Empty);

    public static Latencies operator +(Latencies one, Latencies other) =>
        new(other.AtMost.Aggregate(one.AtMost, static (sum, bound) => sum.SetItem(bound.Key, sum.GetValueOrDefault(bound.Key) + bound.Value)));

    /// <summary>Those that came since an earlier reading.</summary>
    public Latencies Since(Latencies earlier) =>
        new(AtMost.ToImmutableSortedDictionary(static bound => bound.Key, bound => Math.Max(0, bound.Value - earlier.AtMost.GetValueOrDefault(bound.Key))));

    /// <summary>The time that this part of the requests took at most, interpolated between the bounds; null when there were none.</summary>
    public TimeSpan? Quantile(double part)
    {
        var all = AtMost.Count == 0 ? 0 : AtMost.Values.Max();
        if (all == 0)
        {
            return null;
        }

        var (lowerBound, lowerCount) = (0.0, 0L);
        foreach (var (bound, count) in AtMost)
        {
            if (count >= part * all)
            {
                return TimeSpan.FromSeconds(double.IsInfinity(bound) ? lowerBound : lowerBound + ((bound - lowerBound) * (part * all - lowerCount) / (count - lowerCount)));
            }

            (lowerBound, lowerCount) = (bound, count);
        }

        return TimeSpan.FromSeconds(lowerBound);
    }
}
