using System.Diagnostics;
using Holdfast.Redis;
using Holdfast.Testing;
using Holdfast.TestServers;

namespace Holdfast.Tests.Redis;

/// <summary>Who has which partition, as several nodes tell it at once. No node is there: calls wait for one.</summary>
public sealed class ClusterRoutesTests
{
    private const int Rounds = 3000;

    private static readonly RedisPlace One = new("127.0.0.1", 1);
    private static readonly RedisPlace Other = new("127.0.0.1", 2);
    private static readonly ErrorReply ToOther = new("MOVED 0 127.0.0.1:2");

    [Fact]
    public async Task A_node_that_gets_a_partition_while_a_view_leaves_it_out_is_not_retired()
    {
        var view = NewView();
        await using var routes = RoutesOf(view);
        IReadOnlyList<ClusterPrimary> all = [new ClusterPrimary(One, 1, [(0, 16383)])];
        routes.Take(all);
        var link = routes.NodeOf(0)!.Link;
        void Move(int partition) => routes.OnRedirect(link, NewCall(view, partition), ToOther);

        // The other node has partition 0, which the view takes from it, while it gets partition 1.
        using var start = new Barrier(2);
        for (var round = 0; round < Rounds; round++)
        {
            Move(0);
            await Task.WhenAll(AtOnceAsync(start, () => Move(1)), AtOnceAsync(start, () => routes.Take(all)));
            Assert.Contains(routes.NodeOf(1), routes.Nodes);
            routes.Take(all);
        }
    }

    [Fact]
    public async Task A_call_that_comes_to_a_node_whose_partition_has_just_gone_elsewhere_goes_there()
    {
        var view = NewView();
        await using var routes = RoutesOf(view);
        routes.Take([new ClusterPrimary(One, 1, [(0, 16383)])]);
        var before = routes.NodeOf(0)!.Link;
        routes.Take([new ClusterPrimary(One, 1, []), new ClusterPrimary(Other, 2, [(0, 16383)])]);

        before.Submit(NewCall(view));
        AssertWaitsAt(routes, before);
    }

    [Fact]
    public async Task A_call_that_a_lost_connection_leaves_when_its_partition_has_gone_elsewhere_goes_there()
    {
        var view = NewView();
        await using var routes = RoutesOf(view);
        routes.Take([new ClusterPrimary(One, 1, [(0, 16383)])]);
        var before = routes.NodeOf(0)!.Link;
        routes.Take([new ClusterPrimary(One, 1, []), new ClusterPrimary(Other, 2, [(0, 16383)])]);

        before.OnLost(connection: null!, [NewCall(view)]);
        AssertWaitsAt(routes, before);
    }

    [Fact]
    public async Task A_call_that_waits_at_a_node_goes_elsewhere_with_its_partition_when_a_node_says_that_it_does()
    {
        var view = NewView();
        await using var routes = RoutesOf(view);
        routes.Take([new ClusterPrimary(One, 1, [(0, 16383)])]);
        var before = routes.NodeOf(0)!.Link;
        before.Submit(NewCall(view));
        Assert.True(before.HasWaiting);

        routes.OnRedirect(before, NewCall(view), ToOther);
        AssertWaitsAt(routes, before);
    }

    [Fact]
    public async Task A_call_for_who_is_about_to_get_a_slot_goes_back_to_who_has_it_while_that_one_cannot_be_reached()
    {
        var view = NewView();
        await using var routes = RoutesOf(view);
        routes.Take([new ClusterPrimary(One, 1, [(0, 16383)])]);
        var owner = routes.NodeOf(0)!.Link;
        routes.OnRedirect(owner, NewCall(view), new ErrorReply("ASK 0 127.0.0.1:2"));

        var importer = routes.Nodes.Single(node => node.Link != owner).Link;
        Assert.False(importer.HasWaiting);
        for (var begun = Stopwatch.StartNew(); !owner.HasWaiting && begun.Elapsed < EngineFixture.DefaultPatience;)
        {
            await Task.Delay(5);
        }

        Assert.True(owner.HasWaiting);
        Assert.False(importer.HasWaiting);
    }

    [Fact]
    public async Task The_end_of_a_subscription_does_not_follow_the_partition_to_another_node()
    {
        var view = NewView();
        await using var routes = RoutesOf(view);
        routes.Take([new ClusterPrimary(One, 1, [(0, 16383)])]);
        var before = routes.NodeOf(0)!.Link;
        routes.Submit(new SubscribeCall("channel", ends: true) { ExpiresAt = PatientOptions.Default.CommitDeadline() });
        routes.Take([new ClusterPrimary(One, 1, []), new ClusterPrimary(Other, 2, [(0, 16383)])]);
        Assert.False(routes.NodeOf(0)!.Link.HasWaiting);
        Assert.True(before.HasWaiting);
    }

    [Fact]
    public async Task A_call_that_is_sent_to_a_node_that_is_new_when_the_engine_was_disposed_fails_at_once()
    {
        var view = NewView();
        var routes = RoutesOf(view);
        routes.Take([new ClusterPrimary(One, 1, [(0, 16383)])]);
        var link = routes.NodeOf(0)!.Link;
        await routes.DisposeAsync();

        var call = NewCall(view);
        routes.OnRedirect(link, call, ToOther);
        Assert.Equal("The engine was disposed.", (await Assert.ThrowsAsync<StateUnavailableException>(async () => await call.Completion)).Message);
    }

    [Fact]
    public async Task A_primary_without_slots_is_one_of_the_nodes_and_goes_when_it_is_a_primary_no_more()
    {
        await using var routes = RoutesOf(NewView());
        routes.Take([new ClusterPrimary(One, 1, [(0, 16383)]), new ClusterPrimary(Other, 2, [])]);
        Assert.Equal([One, Other], routes.Nodes.Select(static node => node.Keeper.Place).OrderBy(static place => place.Port));

        routes.Take([new ClusterPrimary(One, 1, [(0, 16383)])]);
        Assert.Equal(One, Assert.Single(routes.Nodes).Keeper.Place);
    }

    // A commit is repeated many times a second while a cluster is down: what is asked each time would pile up.
    [Theory]
    [InlineData("CLUSTERDOWN The cluster is down", false)]
    [InlineData("MOVED 0 127.0.0.1:2", false)]
    [InlineData("ERR Function not found", false)]
    [InlineData("HFLIMIT too much", true)]
    public async Task What_a_commit_may_have_removed_is_asked_for_only_when_the_store_has_done_something(string error, bool isAsked)
    {
        var view = NewView();
        await using var routes = RoutesOf(view);
        routes.Take([new ClusterPrimary(One, 1, [(0, 16383)])]);
        var watched = new Address("kind", "x");
        var partition = new PartitionMap(PatientOptions.Default.PartitionCount).PartitionOf(watched);
        await using var watch = new Watch(static _ => ValueTask.CompletedTask);
        view.Watches.Add(partition, watched.ToString(), watch);
        view.Watches.Armed(partition, watched.ToString(), exists: true, WatchReason.Begun);
        var commit = new CommitCall(view, partition, new Commit(RecordChange.Update(watched).Set("f", "1")), new SequenceWindow(), routes)
        {
            ExpiresAt = PatientOptions.Default.CommitDeadline(),
        };

        commit.TryTakeError(new ErrorReply(error));
        Assert.Equal(isAsked, routes.NodeOf(partition)!.Link.HasWaiting);
    }

    private static StoreView NewView() => new(PatientOptions.Default, new PartitionMap(PatientOptions.Default.PartitionCount), "client");

    private static ClusterRoutes RoutesOf(StoreView view) =>
        new(RedisAddress.Parse("redis://127.0.0.1:1"), view, new SignalTable(), PatientOptions.Default);

    private static OpenCall NewCall(StoreView view, int partition = 0) => new(view, partition) { ExpiresAt = PatientOptions.Default.CommitDeadline() };

    private static void AssertWaitsAt(ClusterRoutes routes, StoreLink before)
    {
        Assert.Equal(Other, routes.NodeOf(0)!.Keeper.Place);
        Assert.True(routes.NodeOf(0)!.Link.HasWaiting);
        Assert.False(before.HasWaiting);
    }

    private static Task AtOnceAsync(Barrier start, Action act) => Task.Run(() =>
    {
        start.SignalAndWait();
        act();
    });
}
