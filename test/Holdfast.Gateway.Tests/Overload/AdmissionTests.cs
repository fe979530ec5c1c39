using Holdfast.Gateway.Overload;
using Holdfast.Gateway.Services;

namespace Holdfast.Gateway.Tests.Overload;

public sealed class AdmissionTests
{
    /// <summary>How long a request keeps its place at least.</summary>
    private static readonly TimeSpan Stay = TimeSpan.FromSeconds(1);
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

        clock.Move(Stay / 2);
        var waiting = admission.EnterAsync(default).AsTask();
        var another = admission.EnterAsync(default).AsTask();
        Assert.False(waiting.IsCompleted || another.IsCompleted);
        clock.Move(Stay / 2);

        // Nobody has come or left: the line is looked after all the same.
        Assert.NotNull(await waiting);
        Assert.NotNull(await another);
        var quick = await admission.EnterAsync(default);
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
        clock.Move(Stay * 10);

        // Others have the places by now, and one more waits when all of the slow ones are answered.
        var quick = await FillAsync(admission, limit);
        var waiting = admission.EnterAsync(default).AsTask();
        slow.ForEach(place => admission.Leave(place, isAnswer: true));
        clock.Move(GatewayLimits.LongestBurst / 2);
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
    public async Task A_burst_waits_and_what_does_not_end_is_turned_away()
    {
        var admission = new Admission(clock);
        admission.Set(ServiceSettings.Default, 1);
        var inside = await FillAsync(admission, admission.Limit);
        for (var i = 0; i < 20; i++)
        {
            clock.Move(TimeSpan.FromMilliseconds(20));
            admission.Leave(inside[i], isAnswer: true);
        }

        await FillAsync(admission, admission.Limit - inside.Count + 20);
        var first = Enumerable.Range(0, 5).Select(_ => admission.EnterAsync(default).AsTask()).ToList();
        clock.Move(GatewayLimits.LongestBurst / 2);
        Assert.All(first, static entry => Assert.False(entry.IsCompleted));
        clock.Move(GatewayLimits.LongestBurst / 2);

        // Nobody was let in for as long as a burst may take.
        Assert.All(await Task.WhenAll(first), static place => Assert.Null(place));
        Assert.Equal(0, admission.Waiting);
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
