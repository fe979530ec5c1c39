using Holdfast.Cli.Readings;
using Holdfast.Cli.Supervision;

namespace Holdfast.Cli.Tests.Supervision;

public sealed class RollVerdictTests
{
    [Theory]
    [InlineData(100, 5, 100, 0, true)]
    [InlineData(5, 5, 0, 0, true)]
    [InlineData(100, 100, 100, 49, true)]
    [InlineData(4, 4, 100, 0, false)]
    [InlineData(1000, 49, 1000, 0, false)]
    [InlineData(100, 100, 100, 50, false)]
    [InlineData(100, 20, 100, 20, false)]
    [InlineData(0, 0, 0, 0, false)]
    public void New_instances_are_worse_when_they_fail_more_than_chance_and_twice_what_the_others_fail(
        long all, long failed, long othersAll, long othersFailed, bool expected) =>
        Assert.Equal(expected, RollVerdict.IsWorse(new RequestCount(all, failed), new RequestCount(othersAll, othersFailed)));
}
