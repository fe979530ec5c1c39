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
        Assert.True(await admission.EnterAsync(default));
        Assert.True(await admission.EnterAsync(default));
        var first = admission.EnterAsync(default).AsTask();
        var second = admission.EnterAsync(default).AsTask();
        Assert.False(await admission.EnterAsync(default));

        admission.Leave(isAnswer: true, TimeSpan.Zero);
        Assert.True(await first);
        Assert.False(second.IsCompleted);
        admission.Leave(isAnswer: true, TimeSpan.Zero);
        Assert.True(await second);
    }

    [Fact]
    public async Task Who_waits_too_long_or_goes_away_leaves_the_line()
    {
        var admission = new Admission(clock);
        admission.Set(ServiceSettings.Default with { Concurrency = 1 }, 1);
        Assert.True(await admission.EnterAsync(default));
        using var leaving = new CancellationTokenSource();
        var waiting = admission.EnterAsync(default).AsTask();
        var going = admission.EnterAsync(leaving.Token).AsTask();

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => going);
        clock.Move(GatewayLimits.MaxQueueTime * 2);

        Assert.False(await waiting);
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
}
