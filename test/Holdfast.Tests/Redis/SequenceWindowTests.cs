using Holdfast.Redis;

namespace Holdfast.Tests.Redis;

public sealed class SequenceWindowTests
{
    private readonly SequenceWindow window = new();

    [Fact]
    public void Numbers_grow_from_one()
    {
        for (var expected = 1; expected <= 200; expected++)
        {
            var commit = NewCommit();
            Assert.True(window.TryEnter(commit));
            Assert.Equal(expected, commit.Sequence);
            Assert.Null(window.Leave(commit));
        }
    }

    [Fact]
    public void A_slot_is_not_used_again_before_its_commit_is_settled()
    {
        var slow = NewCommit();
        window.TryEnter(slow);
        for (var i = 0; i < 1000; i++)
        {
            var commit = NewCommit();
            Assert.True(window.TryEnter(commit));
            Assert.NotEqual(slow.Sequence % SequenceWindow.Slots, commit.Sequence % SequenceWindow.Slots);
            window.Leave(commit);
        }
    }

    [Fact]
    public void The_sixty_fifth_waits_and_gets_the_slot_that_is_freed()
    {
        var commits = Enumerable.Range(0, SequenceWindow.Slots).Select(_ => NewCommit()).ToArray();
        Assert.All(commits, commit => Assert.True(window.TryEnter(commit)));
        var waiting = NewCommit();
        Assert.False(window.TryEnter(waiting));

        Assert.Same(waiting, window.Leave(commits[30]));
        Assert.Equal(commits[30].Sequence % SequenceWindow.Slots, waiting.Sequence % SequenceWindow.Slots);
        Assert.True(waiting.Sequence > commits[^1].Sequence);
    }

    [Fact]
    public void The_store_is_told_to_keep_what_it_remembers_of_who_has_not_lately_told_it_so_in_its_term()
    {
        var clock = new HandClock();
        Assert.False(IsKept());
        window.Made(7, Now());
        Assert.True(IsKept());
        clock.Pass(TimeSpan.FromMinutes(4));
        window.Made(7, sentAt: null);
        Assert.True(IsKept());
        clock.Pass(TimeSpan.FromMinutes(1));
        Assert.False(IsKept());

        window.Made(7, Now());
        Assert.True(IsKept());
        window.Made(6, Now());
        Assert.False(IsKept());
        window.Made(7, Now());
        Assert.True(IsKept());
        window.Made(8, sentAt: null);
        Assert.False(IsKept());
        window.Made(7, Now());
        Assert.False(IsKept());
        window.Made(8, Now());
        Assert.True(IsKept());

        long Now() => clock.GetTimestamp();
        bool IsKept() => window.IsKept(clock, Now());
    }

    [Fact]
    public void One_that_gave_up_waiting_takes_no_slot()
    {
        var commits = Enumerable.Range(0, SequenceWindow.Slots).Select(_ => NewCommit()).ToArray();
        Assert.All(commits, commit => window.TryEnter(commit));
        var impatient = NewCommit();
        var patient = NewCommit();
        window.TryEnter(impatient);
        window.TryEnter(patient);
        Assert.Null(window.Leave(impatient));

        Assert.Same(patient, window.Leave(commits[0]));
        Assert.Equal(0, impatient.Sequence);
    }

    [Fact]
    public void However_many_wait_all_end_when_none_can_be_sent_any_more()
    {
        var options = new StateEngineOptions();
        var view = new StoreView(options, new PartitionMap(options.PartitionCount), "client");
        var routes = new LoneRoutes(RedisAddress.Parse("redis://nowhere"), view, new SignalTable(), options);
        var commits = Enumerable.Range(0, 100_000).Select(_ => NewCommit(view, routes)).ToArray();
        foreach (var commit in commits.Where(static commit => commit.TryEnter()))
        {
            routes.Submit(commit);
        }

        routes.Nodes[0].Link.Dispose();
        Assert.All(commits, static commit => Assert.True(commit.IsSettled));
    }

    [Fact]
    public void One_whose_caller_has_gone_does_not_go_on_waiting()
    {
        var first = Enumerable.Range(0, SequenceWindow.Slots).Select(_ => NewCommit()).ToArray();
        Assert.All(first, commit => Assert.True(window.TryEnter(commit)));
        var gone = NewCommit();
        Assert.False(window.TryEnter(gone));
        gone.Cancel(new CancellationToken(canceled: true));
        Assert.True(gone.HasLeft);
        Assert.Null(gone.Place);
        Assert.Null(window.Leave(first[0]));

        // And one that has a number keeps it.
        first[1].Cancel(new CancellationToken(canceled: true));
        Assert.False(first[1].HasLeft);
        var late = NewCommit();
        late.Cancel(new CancellationToken(canceled: true));
        Assert.False(window.TryEnter(late));
    }

    private CommitCall NewCommit()
    {
        var options = new StateEngineOptions();
        var view = new StoreView(options, new PartitionMap(options.PartitionCount), "client");
        var routes = new LoneRoutes(RedisAddress.Parse("redis://nowhere"), view, new SignalTable(), options);
        return NewCommit(view, routes);
    }

    private CommitCall NewCommit(StoreView view, StoreRoutes routes) =>
        new(view, 0, new Commit(RecordChange.Delete(new Address("a", "b"))), window, routes);
}
