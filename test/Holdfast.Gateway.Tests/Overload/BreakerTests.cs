using System.Diagnostics.Metrics;
using Holdfast.Gateway.Instances;
using Holdfast.Gateway.Overload;
using Holdfast.Gateway.Services;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Gateway.Tests.Overload;

public sealed class BreakerTests : IDisposable
{
    private readonly SteppedClock clock = new();
    private readonly ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ServicePool pool;
    private readonly Breaker breaker;

    public BreakerTests()
    {
        pool = new ServicePool("shop", "", new GatewayMetrics(services.GetRequiredService<IMeterFactory>()), clock, NullLogger.Instance);
        pool.Set([Balancing.Instances.One("shop-1", clock)], ServiceSettings.Default);
        breaker = pool.NewBreaker("/");
    }

    [Fact]
    public void When_nothing_is_answered_it_opens_and_one_request_each_quarter_of_a_second_is_tried()
    {
        Open();

        Assert.False(breaker.LetsIn(out _));
        for (var probe = 0; probe < 5; probe++)
        {
            clock.Move(GatewayLimits.BreakerProbeInterval);
            Assert.True(breaker.LetsIn(out var turn));
            Assert.False(breaker.LetsIn(out _));
            breaker.Failed(turn);
        }

        Assert.True(breaker.IsOpen);
    }

    [Fact]
    public void The_first_answer_closes_it_whenever_it_was_asked_for()
    {
        breaker.LetsIn(out var before);
        Open();

        breaker.Answered(before, 500);

        Assert.False(breaker.IsOpen);
        Assert.All(Enumerable.Range(0, 10), _ => Assert.True(breaker.LetsIn(out _)));
    }

    [Fact]
    public void What_was_let_in_before_it_closed_does_not_open_it_again_by_failing_later()
    {
        breaker.LetsIn(out var before);
        Open();
        breaker.LetsIn(out var meanwhile);
        clock.Move(GatewayLimits.BreakerProbeInterval);
        breaker.LetsIn(out var probe);
        breaker.Answered(probe, 200);

        // So that nothing but the turn speaks for it: the answer is forgotten.
        clock.Move(TimeSpan.FromSeconds(20));
        Fail(() => before);
        clock.Move(GatewayLimits.BreakerTime);
        Fail(() => meanwhile);

        Assert.False(breaker.IsOpen);
    }

    [Fact]
    public void Many_requests_that_end_with_one_instance_do_not_open_it()
    {
        Fail(Now, GatewayLimits.BreakerFailures * 50);

        Assert.False(breaker.IsOpen);
        Assert.True(breaker.LetsIn(out _));
    }

    [Fact]
    public void One_answer_among_any_number_of_failures_keeps_it_closed()
    {
        for (var second = 0; second < 60; second++)
        {
            Fail(Now);
            clock.Move(TimeSpan.FromSeconds(1));
            if (second % 9 == 0)
            {
                breaker.Answered(Now(), 500);
            }

            Assert.False(breaker.IsOpen);
        }
    }

    [Fact]
    public void Few_failures_in_a_long_time_do_not_open_it()
    {
        for (var second = 0; second < 60; second++)
        {
            breaker.Failed(Now());
            clock.Move(TimeSpan.FromSeconds(1.5));
        }

        Assert.False(breaker.IsOpen);
    }

    [Fact]
    public void An_instance_that_comes_closes_it_and_one_that_goes_does_not()
    {
        var (first, second) = (Balancing.Instances.One("shop-1", clock), Balancing.Instances.One("shop-2", clock));
        pool.Set([first, second], ServiceSettings.Default);
        Open();
        pool.Set([second], ServiceSettings.Default);
        Assert.True(breaker.IsOpen);

        pool.Set([second, Balancing.Instances.One("shop-1", clock)], ServiceSettings.Default);

        Assert.False(breaker.IsOpen);
        Assert.All(Enumerable.Range(0, 10), _ => Assert.True(breaker.LetsIn(out _)));
    }

    [Fact]
    public void While_there_is_no_instance_it_turns_nobody_away_who_would_wait_for_one()
    {
        Open();

        pool.Set([], ServiceSettings.Default);

        Assert.All(Enumerable.Range(0, 10), _ => Assert.True(breaker.LetsIn(out _)));
    }

    [Fact]
    public void Where_a_share_is_set_errors_count_and_answers_keep_it_closed_as_long_as_they_are_enough()
    {
        pool.Set(pool.Members, ServiceSettings.Default with { BreakerShare = 0.5 });
        Ask(errors: 4, answers: 6, seconds: 30);
        Assert.False(breaker.IsOpen);

        Ask(errors: 7, answers: 3, seconds: 30);
        Assert.True(breaker.IsOpen);

        clock.Move(GatewayLimits.BreakerProbeInterval);
        breaker.LetsIn(out var turn);
        breaker.Answered(turn, 503);
        Assert.True(breaker.IsOpen);
        breaker.Answered(turn, 200);
        Assert.False(breaker.IsOpen);
    }

    [Fact]
    public void Turned_off_it_never_opens_and_an_open_one_closes()
    {
        Open();
        pool.Set(pool.Members, ServiceSettings.Default with { Breaks = false });
        Assert.True(breaker.LetsIn(out _));
        Assert.False(breaker.IsOpen);

        Fail(Now);
        clock.Move(GatewayLimits.BreakerTime);
        Fail(Now);

        Assert.True(breaker.LetsIn(out _));
    }

    public void Dispose() => services.Dispose();

    private int Now()
    {
        breaker.LetsIn(out var turn);
        return turn;
    }

    private void Open()
    {
        Fail(Now);
        Assert.False(breaker.IsOpen);
        clock.Move(GatewayLimits.BreakerTime);
        breaker.Failed(Now());
        Assert.True(breaker.IsOpen);
    }

    private void Fail(Func<int> turn, int times = GatewayLimits.BreakerFailures)
    {
        for (var i = 0; i < times; i++)
        {
            breaker.Failed(turn());
        }
    }

    /// <summary>So many of each every second, until it opens.</summary>
    private void Ask(int errors, int answers, int seconds)
    {
        for (var i = 0; i < seconds * (errors + answers) && !breaker.IsOpen; i++)
        {
            breaker.Answered(Now(), i % (errors + answers) < answers ? 200 : 500);
            clock.Move(TimeSpan.FromSeconds(1) / (errors + answers));
        }
    }
}
