using Holdfast.Gateway.Instances;

namespace Holdfast.Gateway.Tests;

public sealed class RetryBudgetTests
{
    [Fact]
    public void Retries_stay_within_their_share_of_the_requests_and_the_floor()
    {
        var clock = new StoppedClock();
        var budget = new RetryBudget(clock);
        while (budget.TryTake())
        {
        }

        var retries = 0;
        for (var request = 0; request < 10_000; request++)
        {
            budget.CountRequest();
            clock.Pass(TimeSpan.FromMilliseconds(1));
            retries += budget.TryTake() ? 1 : 0;
        }

        Assert.InRange(retries, 2_000, (10_000 * GatewayLimits.RetryShare) + (10 * GatewayLimits.RetryFloorPerSecond));
    }

    [Fact]
    public void What_is_left_when_an_instance_dies_under_load_can_be_repeated_at_once()
    {
        var budget = new RetryBudget(new StoppedClock());
        Assert.All(Enumerable.Range(0, GatewayLimits.RetryBurst), _ => Assert.True(budget.TryTake()));
        Assert.False(budget.TryTake());
    }

    private sealed class StoppedClock : TimeProvider
    {
        private long ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => ticks;

        public void Pass(TimeSpan time) => ticks += time.Ticks;
    }
}
