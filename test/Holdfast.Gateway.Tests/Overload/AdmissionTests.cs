using Holdfast.Gateway.Overload;
using Holdfast.Gateway.Services;

namespace Holdfast.Gateway.Tests.Overload;

public sealed class AdmissionTests
{
    private readonly SteppedClock clock = new();

    [Fact]
    public async Task As_many_as_allowed_are_inside_some_wait_in_order_and_the_rest_is_turned_away()
    {
        var admission = new Admission(clock);
        admission.Set(ServiceSettings.Default with { Concurrency = 1, Queue = 2 }, 2);
        var one = await admission.EnterAsync(default);
        var other = await admission.EnterAsync(default);
        var first = admission.EnterAsync(default).AsTask();
        var second = admission.EnterAsync(default).AsTask();
        Assert.Null(await admission.EnterAsync(default));

        admission.Leave(one!, isAnswer: true);
        Assert.NotNull(await first);
        Assert.False(second.IsCompleted);
        admission.Leave(other!, isAnswer: true);
        Assert.NotNull(await second);
    }

    [Fact]
    public async Task Who_takes_much_longer_than_others_keeps_nobody_out_and_leaves_as_ever()
    {
        var admission = new Admission(clock);
        admission.Set(ServiceSettings.Default, 1);
        var slow = await FillAsync(admission, admission.Limit);

        clock.Move(GatewayLimits.LongestBurst / 2);
        var waiting = admission.EnterAsync(default).AsTask();
        var another = admission.EnterAsync(default).AsTask();
        Assert.False(waiting.IsCompleted || another.IsCompleted);
        clock.Move(GatewayLimits.LongestBurst / 2);

        // The next to come finds the places given up; those ahead in the line have theirs first.
        var quick = await admission.EnterAsync(default);
        Assert.NotNull(await waiting);
        Assert.NotNull(await another);
        slow.ForEach(place => admission.Leave(place, isAnswer: false));
        admission.Leave(quick!, isAnswer: true);
        Assert.Equal(0, admission.Waiting);
    }

    [Fact]
    public async Task When_those_are_answered_who_waited_for_something_else_the_limit_stays()
    {
        var admission = new Admission(clock);
        admission.Set(ServiceSettings.Default, 3);
        var limit = admission.Limit;
        admission.Leave((await admission.EnterAsync(default))!, isAnswer: true);
        var slow = await FillAsync(admission, limit);
        clock.Move(GatewayLimits.LongestBurst * 10);

        // Others have the places by now, and one more waits when all of the slow ones are answered.
        var quick = await FillAsync(admission, limit);
        var waiting = admission.EnterAsync(default).AsTask();
        slow.ForEach(place => admission.Leave(place, isAnswer: true));
        clock.Move(GatewayLimits.MaxQueueTime);
        quick.ForEach(place => admission.Leave(place, isAnswer: false));
        Assert.NotNull(await waiting);
        Assert.Equal(limit, admission.Limit);
    }

    [Fact]
    public async Task A_limit_that_was_set_holds_however_long_requests_take()
    {
        var admission = new Admission(clock);
        admission.Set(ServiceSettings.Default with { Concurrency = 1, Queue = 0 }, 1);
        var slow = await admission.EnterAsync(default);
        clock.Move(TimeSpan.FromMinutes(10));

        Assert.Null(await admission.EnterAsync(default));
        admission.Leave(slow!, isAnswer: true);
        Assert.NotNull(await admission.EnterAsync(default));
    }

    [Fact]
    public async Task Who_waits_too_long_or_goes_away_leaves_the_line()
    {
        var admission = new Admission(clock);
        admission.Set(ServiceSettings.Default with { Concurrency = 1 }, 1);
        Assert.NotNull(await admission.EnterAsync(default));
        using var leaving = new CancellationTokenSource();
        var waiting = admission.EnterAsync(default).AsTask();
        var going = admission.EnterAsync(leaving.Token).AsTask();

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => going);
        clock.Move(GatewayLimits.MaxQueueTime * 2);

        Assert.Null(await waiting);
        Assert.Equal(0, admission.Waiting);
    }

    [Fact]
    public void The_limit_finds_about_as_many_as_a_service_can_do_at_once()
    {
        Assert.InRange(After(300, new ConcurrencyLimit(4, 4096, 32), Doing(10, perSecond: 1000)).Value, 10, 25);
        Assert.InRange(After(300, new ConcurrencyLimit(4, 4096, 32), Doing(100, perSecond: 1000)).Value, 100, 230);
    }

    [Fact]
    public void What_waits_by_nature_is_not_held_back()
    {
        // Long polling: each takes ten seconds, however many there are.
        var limit = After(100, new ConcurrencyLimit(4, 4096, 32), static count => (count / 10.0, TimeSpan.FromSeconds(10)));

        Assert.InRange(limit.Value, 1000, 4096);
    }

    [Fact]
    public void A_service_that_has_become_slower_is_found_again()
    {
        var limit = After(300, new ConcurrencyLimit(4, 4096, 32), Doing(50, perSecond: 5000));

        Assert.InRange(After(400, limit, Doing(10, perSecond: 500)).Value, 4, 25);
    }

    /// <summary>A service that does so many at once and no more a second; what is beyond waits inside it.</summary>
    private static Func<int, (double, TimeSpan)> Doing(int atOnce, double perSecond) =>
        count => (Math.Min(count, atOnce) * perSecond / atOnce, TimeSpan.FromSeconds(Math.Max(count, atOnce) / perSecond));

    /// <summary>The limit after so many spans of overload, at one that is no trial.</summary>
    private static ConcurrencyLimit After(int steps, ConcurrencyLimit limit, Func<int, (double Rate, TimeSpan Mean)> service)
    {
        for (var step = 0; step < steps || step % 16 != 8; step++)
        {
            var (rate, mean) = service(limit.Value);
            limit.Step(rate, mean);
        }

        return limit;
    }

    private static async Task<List<Place>> FillAsync(Admission admission, int places)
    {
        var inside = new List<Place>();
        for (var i = 0; i < places; i++)
        {
            inside.Add((await admission.EnterAsync(default))!);
        }

        return inside;
    }
}
