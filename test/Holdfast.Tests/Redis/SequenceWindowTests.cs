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

    private CommitCall NewCommit()
    {
        var options = new StateEngineOptions();
        var view = new StoreView(options, new PartitionMap(options.PartitionCount), "client");
        var routes = new LoneRoutes(RedisAddress.Parse("redis://nowhere"), view, new SignalTable(), options);
        return new CommitCall(view, 0, new Commit(RecordChange.Delete(new Address("a", "b"))), window, routes);
    }
}
