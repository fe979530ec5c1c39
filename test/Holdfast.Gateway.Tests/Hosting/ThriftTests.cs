using Holdfast.Gateway.Hosting;

namespace Holdfast.Gateway.Tests.Hosting;

/// <summary>When memory is given back for connections that rest.</summary>
public sealed class ThriftTests
{
    private readonly SteppedClock clock = new();

    [Fact]
    public void Once_a_thousand_more_rest_and_no_more_come_and_not_twice_within_a_minute()
    {
        var thrift = new Thrift(clock);
        Assert.False(thrift.Note(resting: 999, came: 0));
        Assert.False(thrift.Note(resting: 1500, came: 500));
        Assert.True(thrift.Note(resting: 1500, came: 0));
        Assert.False(thrift.Note(resting: 1500, came: 0));
        Assert.False(thrift.Note(resting: 2500, came: 0));

        clock.Move(TimeSpan.FromMinutes(1));
        Assert.True(thrift.Note(resting: 2500, came: 0));
    }

    [Fact]
    public void Not_for_a_crowd_that_comes_and_goes()
    {
        var thrift = new Thrift(clock);
        for (var second = 0; second < 200; second++)
        {
            Assert.False(thrift.Note(resting: 8000, came: 1500));
            clock.Move(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public void Those_that_have_gone_do_not_count()
    {
        var thrift = new Thrift(clock);
        Assert.True(thrift.Note(resting: 5000, came: 0));
        clock.Move(TimeSpan.FromMinutes(2));
        Assert.False(thrift.Note(resting: 100, came: 0));
        Assert.False(thrift.Note(resting: 1000, came: 0));
        Assert.True(thrift.Note(resting: 1100, came: 0));
    }
}
