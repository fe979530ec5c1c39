using Holdfast.Cli.Scaling;
using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Tests.Scaling;

/// <summary>The clock is set: a measurement each second, and what comes of it.</summary>
public sealed class AutoscalerTests
{
    private static readonly ScalingTopology Range = new(Min: 1, Max: 10, ScalingMeasure.RequestsPerInstance, Target: 100);

    private readonly Autoscaler autoscaler = new(Range);
    private int seconds;
    private int count = 2;

    [Fact]
    public void A_load_that_has_grown_has_its_instances_within_seconds()
    {
        Pass(100, load: 200);
        Assert.Equal(2, count);
        Pass(5, load: 390);
        Assert.Equal(4, count);
        Pass(60, load: 390);
        Assert.Equal(4, count);
    }

    [Fact]
    public void There_are_at_most_twice_as_many_at_once_and_then_a_pause()
    {
        Pass(100, load: 200);
        var grown = seconds;
        Pass(10, load: 5000);
        Assert.Equal(4, count);
        PassUntil(8, load: 5000);
        Assert.InRange(seconds - grown, 10, 16);
        PassUntil(10, load: 5000);
        Pass(60, load: 5000);
        Assert.Equal(10, count);
    }

    [Fact]
    public void A_load_that_has_gone_takes_a_minute_and_then_one_instance_at_a_time()
    {
        count = 6;
        Pass(60, load: 600);
        Pass(59, load: 0);
        Assert.Equal(6, count);
        PassUntil(5, load: 0);
        var first = seconds;
        PassUntil(4, load: 0);
        Assert.Equal(Autoscaler.DownPause, TimeSpan.FromSeconds(seconds - first));
        Pass(600, load: 0);
        Assert.Equal(1, count);
    }

    [Fact]
    public void A_load_that_comes_back_each_half_minute_changes_nothing()
    {
        count = 4;
        for (var round = 0; round < 20; round++)
        {
            Pass(25, load: 50);
            Pass(5, load: 390);
            Assert.Equal(4, count);
        }
    }

    [Fact]
    public void What_lies_near_the_target_changes_nothing()
    {
        count = 3;
        Pass(300, load: 329);
        Assert.Equal(3, count);
        Pass(300, load: 271);
        Assert.Equal(3, count);
        Pass(20, load: 331);
        Assert.Equal(4, count);
    }

    [Fact]
    public void A_moment_alone_changes_nothing()
    {
        Pass(100, load: 150);
        Pass(1, load: 390);
        Pass(100, load: 150);
        Assert.Equal(2, count);
    }

    [Fact]
    public void What_can_not_be_measured_changes_nothing_and_bounds_hold_all_the_same()
    {
        Pass(100, load: 200);
        for (var second = 0; second < 300; second++)
        {
            Assert.Equal(2, autoscaler.Decide(At(), 2, null));
        }

        Assert.Equal(1, autoscaler.Decide(At(), 0, null));
        Assert.Equal(10, new Autoscaler(Range).Decide(TimeSpan.Zero, 12, null));
    }

    [Fact]
    public void After_a_failure_nothing_more_is_started_for_a_minute()
    {
        Pass(100, load: 200);
        PassUntil(4, load: 2000);
        count = 2;
        autoscaler.Failed(TimeSpan.FromSeconds(seconds));
        Pass(59, load: 2000);
        Assert.Equal(2, count);
        Pass(2, load: 2000);
        Assert.Equal(4, count);
    }

    private TimeSpan At() => TimeSpan.FromSeconds(++seconds);

    /// <summary>Lets time pass under a load of so many requests a second for all instances together.</summary>
    private void Pass(int time, double load)
    {
        for (var second = 0; second < time; second++)
        {
            count = autoscaler.Decide(At(), count, load / count);
        }
    }

    private void PassUntil(int wanted, double load)
    {
        for (var second = 0; count != wanted; second++)
        {
            Assert.True(second < 300, $"There are {count} instances and not {wanted}.");
            Pass(1, load);
        }
    }
}
