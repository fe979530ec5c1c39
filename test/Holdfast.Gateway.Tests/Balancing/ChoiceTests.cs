using Holdfast.Gateway.Balancing;
using Holdfast.Gateway.Instances;
using Holdfast.Gateway.Services;

namespace Holdfast.Gateway.Tests.Balancing;

public sealed class ChoiceTests
{
    private readonly SteppedClock clock = new();

    [Theory]
    [InlineData("RoundRobin")]
    [InlineData("Hash")]
    public void Shares_are_kept_exactly_in_turns(string kind)
    {
        Upstream[] instances = [Instances.One("shop-1", clock, weight: 50), Instances.One("shop-2", clock), Instances.One("shop-3", clock, weight: 250)];
        var choice = Choice.Of(Enum.Parse<BalanceKind>(kind));

        var counts = Count(choice, instances, 80, static _ => null);

        Assert.Equal([10, 20, 50], counts);
    }

    [Fact]
    public void Least_requests_goes_to_the_one_with_fewest_for_its_weight()
    {
        Upstream[] instances = [Instances.One("shop-1", clock, weight: 300), Instances.One("shop-2", clock)];
        var choice = new LeastRequests();
        var shares = Shares.Of(instances, ServiceSettings.Default, clock);
        for (var i = 0; i < 40; i++)
        {
            choice.Among(instances, null, shares).Begin();
        }

        Assert.Equal([30, 10], instances.Select(static one => one.InFlight));
    }

    [Fact]
    public void Of_two_choices_the_busiest_instance_is_never_taken()
    {
        var instances = Instances.Several(4, clock);
        for (var i = 0; i < 10; i++)
        {
            instances[0].Begin();
        }

        var counts = Count(new TwoChoices(), instances, 3000, static _ => null);

        Assert.Equal(0, counts[0]);
        Assert.All(counts.Skip(1), static count => Assert.InRange(count, 700, 1300));
    }

    [Fact]
    public void A_key_stays_with_its_instance_and_only_the_keys_of_one_that_leaves_move()
    {
        var instances = Instances.Several(5, clock);
        var choice = new ConsistentHash();
        var before = Enumerable.Range(0, 5000).Select(key => choice.Among(instances, $"user-{key}", null)).ToArray();
        var left = instances[2];
        Upstream[] rest = [.. instances.Except([left])];

        var after = Enumerable.Range(0, 5000).Select(key => choice.Among(rest, $"user-{key}", null)).ToArray();

        Assert.All(before.Zip(after).Where(pair => pair.First != left), static pair => Assert.Same(pair.First, pair.Second));
        Assert.All(before.CountBy(static one => one), static pair => Assert.InRange(pair.Value, 850, 1150));
    }

    [Fact]
    public void Keys_follow_weights()
    {
        Upstream[] instances = [Instances.One("shop-1", clock, weight: 300), Instances.One("shop-2", clock)];

        var counts = Count(new ConsistentHash(), instances, 8000, static i => $"user-{i}");

        Assert.InRange(counts[0], 5700, 6300);
    }

    [Fact]
    public void One_that_has_become_ready_comes_to_its_share_slowly()
    {
        var settings = ServiceSettings.Default with { SlowStart = TimeSpan.FromSeconds(10) };
        var old = Instances.One("shop-1", clock);
        clock.Move(TimeSpan.FromSeconds(20));
        Upstream[] instances = [old, Instances.One("shop-2", clock)];

        Assert.Equal([1, 0.1], Shares.Of(instances, settings, clock)!);
        clock.Move(TimeSpan.FromSeconds(5));
        Assert.Equal([1, 0.5], Shares.Of(instances, settings, clock)!);
        clock.Move(TimeSpan.FromSeconds(5));
        Assert.Null(Shares.Of(instances, settings, clock));
    }

    private int[] Count(Choice choice, Upstream[] instances, int times, Func<int, string?> key)
    {
        var shares = Shares.Of(instances, ServiceSettings.Default, clock);
        var chosen = Enumerable.Range(0, times).Select(i => choice.Among(instances, key(i), shares)).CountBy(static one => one).ToDictionary();
        return [.. instances.Select(one => chosen.GetValueOrDefault(one))];
    }
}
