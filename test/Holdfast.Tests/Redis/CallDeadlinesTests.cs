using Holdfast.Redis;
using Holdfast.Resp;

namespace Holdfast.Tests.Redis;

public sealed class CallDeadlinesTests
{
    private readonly HandClock clock = new();
    private readonly List<StoreCall> givenUp = [];

    [Fact]
    public void A_call_is_given_up_when_its_own_time_is_over_and_not_before()
    {
        var deadlines = Deadlines(maxCalls: 10);
        var (first, second) = (new PublishCall("a", default), new PublishCall("b", default));
        Assert.True(deadlines.TryAdd(first));
        clock.Pass(TimeSpan.FromSeconds(3));
        Assert.True(deadlines.TryAdd(second));
        clock.Pass(TimeSpan.FromSeconds(1.999));
        Assert.Empty(givenUp);
        clock.Pass(TimeSpan.FromSeconds(0.001));
        Assert.Equal([first], givenUp);
        clock.Pass(TimeSpan.FromSeconds(3));
        Assert.Equal([first, second], givenUp);
    }

    [Fact]
    public void A_call_that_has_ended_is_not_given_up_and_one_after_a_pause_is()
    {
        var deadlines = Deadlines(maxCalls: 10);
        var ended = new PublishCall("a", default);
        Assert.True(deadlines.TryAdd(ended));
        Assert.True(deadlines.Remove(ended));
        Assert.False(deadlines.Remove(ended));
        clock.Pass(TimeSpan.FromMinutes(1));
        Assert.Empty(givenUp);

        var late = new PublishCall("b", default);
        Assert.True(deadlines.TryAdd(late));
        clock.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal([late], givenUp);
        Assert.False(deadlines.Remove(late));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_call_that_has_ended_leaves_the_others_in_their_order(int ended)
    {
        var deadlines = Deadlines(maxCalls: 3);
        List<StoreCall> calls = [new PublishCall("a", default), new PublishCall("b", default), new PublishCall("c", default)];
        foreach (var call in calls)
        {
            Assert.True(deadlines.TryAdd(call));
        }

        deadlines.Remove(calls[ended]);
        var last = new PublishCall("d", default);
        Assert.True(deadlines.TryAdd(last));
        clock.Pass(TimeSpan.FromSeconds(5));
        calls.RemoveAt(ended);
        Assert.Equal([.. calls, last], givenUp);
    }

    [Fact]
    public void No_more_calls_are_awaited_than_may_be()
    {
        var deadlines = Deadlines(maxCalls: 1);
        var first = new PublishCall("a", default);
        Assert.True(deadlines.TryAdd(first));
        Assert.False(deadlines.TryAdd(new PublishCall("b", default)));
        deadlines.Remove(first);
        Assert.True(deadlines.TryAdd(new PublishCall("c", default)));
    }

    [Fact]
    public void A_call_that_is_awaited_still_ends_after_the_engine_was_disposed()
    {
        var deadlines = Deadlines(maxCalls: 10);
        var call = new PublishCall("a", default);
        Assert.True(deadlines.TryAdd(call));
        deadlines.Dispose();
        Assert.True(clock.HasTimer);
        clock.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal([call], givenUp);
        Assert.False(clock.HasTimer);
    }

    private CallDeadlines Deadlines(int maxCalls) =>
        new(new StateEngineOptions { Clock = clock, CommitTimeout = TimeSpan.FromSeconds(5) }, maxCalls, givenUp.Add);
}
