using Holdfast.EndToEnd.Tests.Processes;
using Holdfast.EndToEnd.Tests.Shoppers;

namespace Holdfast.EndToEnd.Tests;

/// <summary>The store dies and comes back.</summary>
public sealed class NodeDeathTests(ITestOutputHelper output)
{
    [Fact]
    [Trait("Experiment", "R17")]
    public async Task Requests_wait_for_a_killed_node_instead_of_failing_and_nothing_is_lost()
    {
        var seed = Environment.ProcessId;
        await using var topology = await ShopTopology.StartAsync();

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
}
