using System.Collections.Immutable;
using Holdfast.Cli.Readings;

namespace Holdfast.Cli.Tests.Readings;

public sealed class LatenciesTests
{
    [Fact]
    public void A_quantile_lies_between_the_bounds_where_it_falls()
    {
        var latencies = Of((0.001, 0), (0.002, 50), (0.004, 90), (double.PositiveInfinity, 100));
        Assert.Equal(2, latencies.Quantile(0.5)!.Value.TotalMilliseconds, 3);
        Assert.Equal(3, latencies.Quantile(0.7)!.Value.TotalMilliseconds, 3);
        Assert.Equal(4, latencies.Quantile(0.99)!.Value.TotalMilliseconds, 3);
        Assert.Null(Latencies.None.Quantile(0.5));
        Assert.Null(Of((0.001, 0), (double.PositiveInfinity, 0)).Quantile(0.5));
    }

    [Fact]
    public void Readings_are_added_and_compared()
    {
        var sum = Of((0.001, 1), (0.002, 3)) + Of((0.002, 4), (0.004, 5));
        Assert.Equal([(0.001, 1), (0.002, 7), (0.004, 5)], sum.AtMost.Select(static bound => (bound.Key, bound.Value)));
        Assert.Equal([(0.001, 0), (0.002, 3), (0.004, 5)], sum.Since(Of((0.001, 9), (0.002, 4))).AtMost.Select(static bound => (bound.Key, bound.Value)));
    }

    private static Latencies Of(params (double Bound, long Count)[] bounds) =>
        new(bounds.ToImmutableSortedDictionary(static bound => bound.Bound, static bound => bound.Count));
}
