using Holdfast.Cli.Prove.Comparison;

namespace Holdfast.Cli.Tests.Prove;

public sealed class SignificanceTests
{
    [Fact]
    public void The_chance_is_that_of_fishers_exact_test()
    {
        // The lady tasting tea: 4 of 4 by guessing, 1 in 70; 3 or 4 of 4, 17 in 70.
        Assert.Equal(1 / 70.0, Significance.Chance(4, 4, 0, 4), 1e-12);
        Assert.Equal(17 / 70.0, Significance.Chance(3, 4, 1, 4), 1e-12);
        Assert.Equal(1, Significance.Chance(0, 5, 0, 5), 1e-12);
    }

    [Theory]
    [InlineData(6, 6, 0, 24, true)]
    [InlineData(3, 3, 0, 24, false)]
    [InlineData(6, 6, 12, 24, false)]
    [InlineData(20, 20, 12, 60, true)]
    [InlineData(0, 20, 0, 60, false)]
    [InlineData(20, 20, 60, 60, false)]
    [InlineData(400, 1000, 300, 1000, false)]
    public void What_differs_no_more_than_by_itself_is_no_finding(int misses, int runs, int controlMisses, int controlRuns, bool expected) =>
        Assert.Equal(expected, Significance.IsMet(misses, runs, controlMisses, controlRuns));
}
