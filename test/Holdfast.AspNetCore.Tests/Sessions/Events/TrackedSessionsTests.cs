using Holdfast.AspNetCore.Sessions.Events;
using Tracked = Holdfast.AspNetCore.Sessions.Events.TrackedSessions.Tracked;

namespace Holdfast.AspNetCore.Tests.Sessions.Events;

public sealed class TrackedSessionsTests
{
    [Fact]
    public async Task Sessions_are_taken_when_their_moment_has_come_and_in_that_order()
    {
        using var tracked = new TrackedSessions(4, 10);
        await tracked.AddAsync(new Tracked(1, "b"), new JournalPosition(2, 0), 20, CancellationToken.None);
        await tracked.AddAsync(new Tracked(1, "a"), new JournalPosition(1, 0), 10, CancellationToken.None);
        await tracked.AddAsync(new Tracked(2, "c"), new JournalPosition(9, 3), 30, CancellationToken.None);
        Assert.Empty(tracked.TakeDue(9, 10));
        Assert.Equal([new Tracked(1, "a"), new Tracked(1, "b")], tracked.TakeDue(20, 10));
        tracked.PutOff(new Tracked(1, "a"), 25);
        tracked.Remove(new Tracked(1, "b"));
        Assert.Equal([new Tracked(1, "a"), new Tracked(2, "c")], tracked.TakeDue(30, 10));
    }

    [Fact]
    public async Task Who_takes_over_begins_before_the_first_that_is_tracked()
    {
        using var tracked = new TrackedSessions(4, 10);
        var handled = new JournalPosition(20, 1);
        Assert.Equal(handled, tracked.ResumeAfter(1, handled));
        await tracked.AddAsync(new Tracked(1, "late"), new JournalPosition(9, 3), 0, CancellationToken.None);
        await tracked.AddAsync(new Tracked(1, "early"), new JournalPosition(5, 0), 0, CancellationToken.None);
        Assert.Equal(new JournalPosition(4, int.MaxValue), tracked.ResumeAfter(1, handled));
        Assert.Equal(handled, tracked.ResumeAfter(2, handled));
        tracked.Remove(new Tracked(1, "early"));
        Assert.Equal(new JournalPosition(9, 2), tracked.ResumeAfter(1, handled));
        Assert.Equal(new JournalPosition(7, 0), tracked.ResumeAfter(1, new JournalPosition(7, 0)));
    }

    [Fact]
    public async Task Beyond_the_bound_the_next_waits_until_another_has_ended()
    {
        using var tracked = new TrackedSessions(1, 2);
        await tracked.AddAsync(new Tracked(0, "a"), new JournalPosition(1, 0), 10, CancellationToken.None);
        await tracked.AddAsync(new Tracked(0, "b"), new JournalPosition(2, 0), 10, CancellationToken.None);
        var third = tracked.AddAsync(new Tracked(0, "c"), new JournalPosition(3, 0), 10, CancellationToken.None).AsTask();
        Assert.False(third.IsCompleted);
        tracked.Remove(new Tracked(0, "a"));
        await third;
        Assert.Equal(2, tracked.Count);
        Assert.Equal([new Tracked(0, "b"), new Tracked(0, "c")], tracked.TakeDue(10, 10));
    }

    [Fact]
    public async Task At_the_bound_those_that_are_looked_at_keep_their_places()
    {
        using var tracked = new TrackedSessions(1, 2);
        await tracked.AddAsync(new Tracked(0, "a"), new JournalPosition(1, 0), 10, CancellationToken.None);
        await tracked.AddAsync(new Tracked(0, "b"), new JournalPosition(2, 0), 10, CancellationToken.None);
        var third = tracked.AddAsync(new Tracked(0, "c"), new JournalPosition(3, 0), 15, CancellationToken.None).AsTask();
        Assert.Equal(2, tracked.TakeDue(10, 10).Count);
        tracked.PutOff(new Tracked(0, "a"), 20);
        tracked.PutOff(new Tracked(0, "b"), 20);
        Assert.False(third.IsCompleted);
        Assert.Equal([new Tracked(0, "a"), new Tracked(0, "b")], tracked.TakeDue(20, 10));
        tracked.Remove(new Tracked(0, "b"));
        await third;
        Assert.Equal([new Tracked(0, "c")], tracked.TakeDue(20, 10));
    }

    [Fact]
    public async Task One_that_is_told_of_again_while_it_is_looked_at_is_taken_once()
    {
        using var tracked = new TrackedSessions(1, 2);
        await tracked.AddAsync(new Tracked(0, "a"), new JournalPosition(1, 0), 10, CancellationToken.None);
        Assert.Single(tracked.TakeDue(10, 10));
        tracked.Remove(new Tracked(0, "a"));
        await tracked.AddAsync(new Tracked(0, "a"), new JournalPosition(1, 0), 15, CancellationToken.None);
        tracked.PutOff(new Tracked(0, "a"), 20);
        Assert.Empty(tracked.TakeDue(19, 10));
        Assert.Single(tracked.TakeDue(20, 10));
    }

    [Fact]
    public async Task One_that_is_told_of_again_is_tracked_once()
    {
        using var tracked = new TrackedSessions(1, 2);
        for (var i = 0; i < 5; i++)
        {
            await tracked.AddAsync(new Tracked(0, "a"), new JournalPosition(1, 0), 10, CancellationToken.None);
        }

        Assert.Equal(1, tracked.Count);
        Assert.Single(tracked.TakeDue(10, 10));
    }
}
