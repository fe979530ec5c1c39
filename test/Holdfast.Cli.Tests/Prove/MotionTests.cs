using Holdfast.Cli.Prove.Trials;

namespace Holdfast.Cli.Tests.Prove;

/// <summary>Work in the background is told from clocks, uptimes and chance.</summary>
public sealed class MotionTests
{
    [Fact]
    public void What_a_user_wrote_moves_in_each_wait_and_a_restart_takes_it_back()
    {
        var motion = Motion.Of([60, 59, 60, 60], [45, 44, 45]);
        Assert.NotNull(motion);
        Assert.True(motion.IsTakenBackBy(75));
        Assert.False(motion.IsTakenBackBy(60));
        Assert.False(motion.IsTakenBackBy(45));
        Assert.False(motion.IsTakenBackBy(null));
    }

    [Fact]
    public void An_uptime_goes_on_from_run_to_run() => Assert.Null(Motion.Of([10, 12, 14, 16], [12, 14, 16]));

    [Fact]
    public void What_varies_by_itself_as_much_is_no_motion() => Assert.Null(Motion.Of([0.1, 0.7, 0.4, 0.2], [0.8, 0.9, 0.75]));

    [Fact]
    public void What_is_not_always_a_number_is_none() => Assert.Null(Motion.Of([1, null, 1], [5, 5]));

    [Theory]
    [InlineData(true, 1.0, 2.0, 2.0, 5.0)]
    [InlineData(true, 9.0, 4.0, 4.0, 1.0)]
    [InlineData(false, 1.0, 3.0, 2.0, 5.0)]
    public void Only_what_never_turns_round_goes_one_way(bool isOneWay, params double[] readings) =>
        Assert.Equal(isOneWay, Motion.IsOneWay([.. readings.Select(static reading => (double?)reading)]));
}
