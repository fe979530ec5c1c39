using Holdfast.EndToEnd.Tests.Processes;
using Holdfast.EndToEnd.Tests.Shoppers;
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

        // No instance dies, so that not even a POST may fail.
        await using var crowd = await Crowd.EnterAsync(topology, seed, mayPostFail: static () => false);
        await crowd.WhileAsync(crowd.OrdersAsync(20));
        var killed = await topology.NodeAsync();
        Assert.True(Killer.TryKill(killed));
        await crowd.WhileAsync(crowd.OrdersAsync(crowd.Orders + 50));
        await crowd.LeaveAsync();

        output.WriteLine($"seed {seed}: {crowd.Orders} orders");
        Assert.NotEqual(killed, await topology.NodeAsync());
    }

    [Fact]
    [Trait("Experiment", "R17")]
    public async Task A_node_that_is_killed_while_instances_are_loses_nothing_and_fails_no_repeatable_request()
    {
        var seed = Environment.ProcessId;
        await using var topology = await Topology.StartAsync();
        var killer = new Killer(topology, seed);
        await using var crowd = await Crowd.EnterAsync(topology, seed, () => killer.HasBegun);
        var killing = killer.RunAsync(Experiment.Count(6, 60));
        await crowd.WhileAsync(crowd.OrdersAsync(20));
        var killed = await topology.NodeAsync();
        Assert.True(Killer.TryKill(killed));
        await crowd.WhileAsync(killing);
        await crowd.WhileAsync(crowd.OrdersAsync(crowd.Orders + 20));
        await crowd.LeaveAsync();

        output.WriteLine($"seed {seed}: {killer.Kills} instances and the node killed, {crowd.Orders} orders, {crowd.Repeats} POSTs repeated");
        Assert.NotEqual(killed, await topology.NodeAsync());
    }
}
