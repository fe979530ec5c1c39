using Holdfast.Embedded;

namespace Holdfast.Tests.Embedded;

/// <summary>Callers that wait for the same write share a timer, and hear what became of it, or that it takes too long.</summary>
public sealed class DurableWaitTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TaskCompletionSource durable = new();
    private readonly SetClock clock = new();

    [Fact]
    public async Task It_ends_as_the_write_does()
    {
        var made = new DurableWait(durable.Task, Patience, clock);
        Assert.False(made.Task.IsCompleted);
        durable.SetResult();
        made.End();
        await made.Task.WaitAsync(Patience);

        var failed = new TaskCompletionSource();
        var wait = new DurableWait(failed.Task, Patience, clock);
        failed.SetException(new CommitUnknownException("lost"));
        wait.End();
        Assert.Equal("lost", (await Assert.ThrowsAsync<CommitUnknownException>(() => wait.Task.WaitAsync(Patience))).Message);
    }

    [Fact]
    public async Task A_write_that_takes_too_long_is_a_timeout_and_may_still_end()
    {
        var wait = new DurableWait(durable.Task, TimeSpan.FromMilliseconds(1), clock);
        await Assert.ThrowsAsync<TimeoutException>(() => wait.Task);
        durable.SetResult();
        wait.End();
        await Assert.ThrowsAsync<TimeoutException>(() => wait.Task);
    }

    [Fact]
    public void Only_who_comes_at_about_the_same_time_for_the_same_write_may_join()
    {
        var wait = new DurableWait(durable.Task, Patience, clock);
        Assert.False(wait.Serves(new TaskCompletionSource().Task, clock));
        clock.Advance(DurableWait.Window);
        Assert.False(wait.Serves(durable.Task, clock));
        wait.Abandon();
    }
}
