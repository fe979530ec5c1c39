using Holdfast.EndToEnd.Tests.Processes;
using Holdfast.EndToEnd.Tests.Shoppers;
using Holdfast.EndToEnd.Tests.Soak;
using Holdfast.TestServers;

namespace Holdfast.EndToEnd.Tests;

/// <summary>The store dies and comes back.</summary>
public sealed class NodeDeathTests(ITestOutputHelper output)
{
    [Fact]
    [Trait("Experiment", "R17")]
    public async Task Requests_wait_for_a_killed_node_instead_of_failing_and_nothing_is_lost()
    {
        var seed = Environment.ProcessId;
        await using var topology = await Topology.StartAsync();
        var mischief = new Mischief(topology, seed);

        // No instance dies, so that not even a POST may fail.
        await using var crowd = await Crowd.EnterAsync(topology, "shopper", seed, LenienceOf(mischief, static () => false));
        await crowd.WhileAsync(crowd.OrdersAsync(20));
        await crowd.WhileAsync(mischief.KillNodeAsync());
        await crowd.WhileAsync(crowd.OrdersAsync(crowd.Orders + 50));
        await crowd.LeaveAsync();

        output.WriteLine($"seed {seed}: {crowd.Orders} orders, {crowd.Repeats} POSTs repeated and {crowd.Closed} requests made again for a node that took over 5 s to start");
    }

    [Fact]
    [Trait("Experiment", "R17")]
    public async Task A_node_that_is_killed_while_instances_are_loses_nothing_and_fails_no_repeatable_request()
    {
        var seed = Environment.ProcessId;
        await using var topology = await Topology.StartAsync();
        var inFlight = new RequestsInFlight();
        var killer = new Killer(topology, seed) { OldestInFlight = () => inFlight.Oldest };
        var mischief = new Mischief(topology, seed);
        await using var crowd = await Crowd.EnterAsync(topology, "shopper", seed, LenienceOf(mischief, () => killer.HasBegun) with { InFlight = inFlight });
        var killing = killer.RunAsync(Experiment.Count(6, 60));
        await crowd.WhileAsync(crowd.OrdersAsync(20));
        await crowd.WhileAsync(mischief.KillNodeAsync());
        await crowd.WhileAsync(killing);
        await crowd.WhileAsync(crowd.OrdersAsync(crowd.Orders + 20));
        await crowd.LeaveAsync();

        output.WriteLine($"seed {seed}: {killer.Kills} instances and the node killed, {crowd.Orders} orders, {crowd.Repeats} POSTs repeated, {crowd.Closed} requests made again");
    }

    /// <summary>Requests wait for the store 5 s: whoever met a node that was away for longer, as on a machine that is busy with other things, may be told 503.</summary>
    private static Lenience LenienceOf(Mischief mischief, Func<bool> mayPostFail) => new()
    {
        MayPostFail = since => mayPostFail() || mischief.MayNodeBeTooLongAway(since),
        MayBeClosed = mischief.MayNodeBeTooLongAway,
    };
}
