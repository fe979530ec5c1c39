using Holdfast.Cli.Supervision;

namespace Holdfast.Cli.Tests.Supervision;

public sealed class RestartBackoffTests
{
    private static readonly TimeSpan Shortly = TimeSpan.FromSeconds(1);

    [Fact]
    public void A_process_that_never_becomes_ready_waits_twice_as_long_each_time_up_to_ten_seconds()
    {
        var backoff = new RestartBackoff();
        Assert.Equal([0.25, 0.5, 1, 2, 4, 8, 10, 10], Enumerable.Range(0, 8).Select(_ => backoff.After(null, killed: false).TotalSeconds));
        Assert.Equal(10, Enumerable.Range(0, 1000).Select(_ => backoff.After(null, killed: false).TotalSeconds).Last());
    }

    [Fact]
    public void A_process_that_was_ready_is_restarted_at_once_and_waits_when_it_fails_again_soon()
    {
        var backoff = new RestartBackoff();
        Assert.Equal([0, 0.25, 0.5], Enumerable.Range(0, 3).Select(_ => backoff.After(Shortly, killed: false).TotalSeconds));
    }

    [Fact]
    public void To_have_been_ready_for_ten_seconds_forgives_earlier_failures()
    {
        var backoff = new RestartBackoff();
        _ = backoff.After(null, killed: false);
        _ = backoff.After(null, killed: false);
        Assert.Equal(TimeSpan.Zero, backoff.After(TimeSpan.FromSeconds(10), killed: false));
        Assert.Equal(TimeSpan.FromSeconds(0.25), backoff.After(null, killed: false));
    }

    [Fact]
    public void A_process_that_others_kill_while_it_is_ready_never_waits()
    {
        var backoff = new RestartBackoff();
        Assert.All(Enumerable.Range(0, 100), _ => Assert.Equal(TimeSpan.Zero, backoff.After(Shortly, killed: true)));
        Assert.Equal(TimeSpan.Zero, backoff.After(Shortly, killed: false));
    }

    [Fact]
    public void Five_failures_or_kills_in_a_row_are_a_crash_loop_and_ten_seconds_of_readiness_end_it()
    {
        var backoff = new RestartBackoff();
        Assert.Equal([false, false, false, false, true, true], Enumerable.Range(0, 6).Select(round =>
        {
            backoff.After(Shortly, killed: round % 2 == 0);
            return backoff.IsCrashLoop;
        }));
        backoff.After(Shortly, killed: true);
        Assert.Equal((true, 7), (backoff.IsCrashLoop, backoff.Failures));
        backoff.After(RestartBackoff.StableAfter, killed: true);
        Assert.False(backoff.IsCrashLoop);
    }
}
