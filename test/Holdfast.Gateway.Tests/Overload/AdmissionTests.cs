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
        admission.Set(ServiceSettings.Default with { Concurrency = 1, Queue = 2 }, 2, 2);
        var one = await admission.EnterAsync(GatewayLimits.MaxWait, default);
        var other = await admission.EnterAsync(GatewayLimits.MaxWait, default);
        var first = admission.EnterAsync(GatewayLimits.MaxWait, default).AsTask();
        var second = admission.EnterAsync(GatewayLimits.MaxWait, default).AsTask();
        Assert.Null(await admission.EnterAsync(GatewayLimits.MaxWait, default));

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
        admission.Set(ServiceSettings.Default, 1, 1);
        var slow = await FillAsync(admission, admission.Limit);

        clock.Move(Stay / 2);
        var waiting = admission.EnterAsync(GatewayLimits.MaxWait, default).AsTask();
        var another = admission.EnterAsync(GatewayLimits.MaxWait, default).AsTask();
        Assert.False(waiting.IsCompleted || another.IsCompleted);
        clock.Move(Stay / 2);

        // Nobody has come or left: the line is looked after all the same.
        Assert.NotNull(await waiting);
        Assert.NotNull(await another);
        var quick = await admission.EnterAsync(GatewayLimits.MaxWait, default);
        slow.ForEach(place => admission.Leave(place, isAnswer: false));
        admission.Leave(quick!, isAnswer: true);
        Assert.Equal(0, admission.Waiting);
    }

    [Fact]
    public async Task When_those_are_answered_who_waited_for_something_else_the_limit_stays()
    {
        var admission = new Admission(clock);
        admission.Set(ServiceSettings.Default, 3, 3);
        var limit = admission.Limit;
        admission.Leave((await admission.EnterAsync(GatewayLimits.MaxWait, default))!, isAnswer: true);
        var slow = await FillAsync(admission, limit);
        clock.Move(Stay * 10);

        // Others have the places by now, and one more waits when all of the slow ones are answered.
        var quick = await FillAsync(admission, limit);
        var waiting = admission.EnterAsync(GatewayLimits.MaxWait, default).AsTask();
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
        admission.Set(ServiceSettings.Default with { Concurrency = 1, Queue = 0 }, 1, 1);
        var slow = await admission.EnterAsync(GatewayLimits.MaxWait, default);
        clock.Move(TimeSpan.FromMinutes(10));

        Assert.Null(await admission.EnterAsync(GatewayLimits.MaxWait, default));
        admission.Leave(slow!, isAnswer: true);
        Assert.NotNull(await admission.EnterAsync(GatewayLimits.MaxWait, default));
    }

    [Fact]
    public async Task Who_waits_too_long_or_goes_away_leaves_the_line()
    {
        var admission = new Admission(clock);
        admission.Set(ServiceSettings.Default with { Concurrency = 1 }, 1, 1);
        Assert.NotNull(await admission.EnterAsync(GatewayLimits.MaxWait, default));
        using var leaving = new CancellationTokenSource();
        var waiting = admission.EnterAsync(GatewayLimits.MaxWait, default).AsTask();
        var going = admission.EnterAsync(GatewayLimits.MaxWait, leaving.Token).AsTask();

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => going);
        clock.Move(GatewayLimits.MaxQueueTime * 2);

        Assert.Null(await waiting);
        Assert.Equal(0, admission.Waiting);
    }

    [Fact]
    public async Task A_burst_waits_and_what_does_not_end_is_turned_away()
    {
        var (admission, inside) = await BusyAsync();
        var many = Enter(admission, GatewayLimits.SmallCrowd - inside.Count);
        clock.Move(GatewayLimits.LongestBurst / 2);
        Assert.All(many, static entry => Assert.False(entry.IsCompleted));
        clock.Move(GatewayLimits.LongestBurst / 2);

        // Nobody was let in for as long as a burst may take.
        Assert.All(many, static entry => Assert.True(entry.IsCompleted));
        Assert.All(await Task.WhenAll(many), static place => Assert.Null(place));
        Assert.Equal(0, admission.Waiting);
    }

    [Fact]
    public async Task Few_are_never_turned_away_but_let_in_when_they_have_waited_for_long()
    {
        var (admission, inside) = await BusyAsync();
        var few = Enter(admission, GatewayLimits.SmallCrowd - inside.Count - 1);
        clock.Move(GatewayLimits.MaxQueueTime);
        Assert.All(few, static entry => Assert.False(entry.IsCompleted));
        clock.Move(GatewayLimits.MaxQueueTime);

        Assert.All(few, static entry => Assert.True(entry.IsCompleted));
        Assert.All(await Task.WhenAll(few), static place => Assert.NotNull(place));
    }

    [Fact]
    public async Task What_few_are_goes_by_the_instances_that_are_registered()
    {
        const int Registered = 10;
        var (admission, inside) = await BusyAsync(Registered);
        var many = Enter(admission, (GatewayLimits.SmallCrowdPerInstance * Registered) - inside.Count - 1);
        clock.Move(GatewayLimits.MaxQueueTime * 2);

        Assert.All(many, static entry => Assert.True(entry.IsCompleted));
        Assert.All(await Task.WhenAll(many), static place => Assert.NotNull(place));
    }

    [Fact]
    public async Task While_no_instance_is_ready_many_wait_for_as_long_as_they_have_patience()
    {
        var (admission, inside) = await BusyAsync();
        admission.Set(ServiceSettings.Default, 0, 1);
        inside.ForEach(place => admission.Leave(place, isAnswer: false));
        await FillAsync(admission, admission.Limit);
        var impatient = admission.EnterAsync(GatewayLimits.MaxWait / 2, default).AsTask();
        var many = Enter(admission, GatewayLimits.SmallCrowd * 3);
        clock.Move(GatewayLimits.MaxWait / 2);
        Assert.True(impatient.IsCompleted);
        Assert.True(many.Count(static entry => !entry.IsCompleted) >= GatewayLimits.SmallCrowd);
        Assert.All(many.Where(static entry => entry.IsCompleted), static entry => Assert.NotNull(entry.Result));
        clock.Move(GatewayLimits.MaxWait / 2);

        // They are told that no instance is ready, and not that there are too many.
        Assert.All(many, static entry => Assert.True(entry.IsCompleted));
        Assert.All(await Task.WhenAll(many), static place => Assert.NotNull(place));
    }

    [Fact]
    public async Task Once_an_instance_is_back_those_who_waited_for_it_are_a_burst()
    {
        var (admission, inside) = await BusyAsync();
        admission.Set(ServiceSettings.Default, 0, 1);
        var many = Enter(admission, GatewayLimits.SmallCrowd);
        clock.Move(GatewayLimits.LongestBurst * 0.75);
        admission.Set(ServiceSettings.Default, 1, 1);
        clock.Move(GatewayLimits.LongestBurst / 2);
        Assert.All(many, static entry => Assert.False(entry.IsCompleted));
        inside.ForEach(place => admission.Leave(place, isAnswer: true));

        Assert.Equal(inside.Count, many.Count(static entry => entry.IsCompleted));
        Assert.All(many.Where(static entry => entry.IsCompleted), static entry => Assert.NotNull(entry.Result));
    }

    /// <summary>A service that has answered for a while, and has as many as it may have.</summary>
    private async Task<(Admission Admission, List<Place> Inside)> BusyAsync(int registered = 1)
    {
        var admission = new Admission(clock);
        admission.Set(ServiceSettings.Default, 1, registered);
        var inside = await FillAsync(admission, admission.Limit);
        for (var i = 0; i < 20; i++)
        {
            clock.Move(TimeSpan.FromMilliseconds(20));
            admission.Leave(inside[i], isAnswer: true);
        }

        inside.RemoveRange(0, 20);
        inside.AddRange(await FillAsync(admission, admission.Limit - inside.Count));
        return (admission, inside);
    }

    private static List<Task<Place?>> Enter(Admission admission, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => admission.EnterAsync(GatewayLimits.MaxWait, default).AsTask())];

    private static async Task<List<Place>> FillAsync(Admission admission, int places)
    {
        var inside = new List<Place>();
        for (var i = 0; i < places; i++)
        {
            inside.Add((await admission.EnterAsync(GatewayLimits.MaxWait, default))!);
        }

        return inside;
    }
}
