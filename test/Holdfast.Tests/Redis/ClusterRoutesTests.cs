using Holdfast.Redis;
using Holdfast.TestServers;

namespace Holdfast.Tests.Redis;

/// <summary>Who has which partition, as several nodes tell it at once. No node is there: calls wait for one.</summary>
public sealed class ClusterRoutesTests
{
    private const int Rounds = 3000;

    private static readonly RedisPlace One = new("127.0.0.1", 1);
    private static readonly ErrorReply ToOther = new("MOVED 0 127.0.0.1:2");

    [Fact]
    public async Task A_node_that_gets_a_partition_while_a_view_leaves_it_out_is_not_retired()
    {
        var view = new StoreView(PatientOptions.Default, new PartitionMap(PatientOptions.Default.PartitionCount), "client");
        await using var routes = new ClusterRoutes(RedisAddress.Parse("redis://127.0.0.1:1"), view, new SignalTable(), PatientOptions.Default);
        IReadOnlyList<ClusterPrimary> all = [new ClusterPrimary(One, 1, [(0, 16383)])];
        routes.Take(all);
        var link = routes.NodeOf(0)!.Link;
        void Move(int partition) => routes.OnRedirect(link, new OpenCall(view, partition) { ExpiresAt = PatientOptions.Default.CommitDeadline() }, ToOther);

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

    private static Task AtOnceAsync(Barrier start, Action act) => Task.Run(() =>
    {
        start.SignalAndWait();
        act();
    });
}
