using Holdfast.EndToEnd.Tests.Processes;
using Holdfast.EndToEnd.Tests.Shoppers;
using Holdfast.TestServers;

namespace Holdfast.EndToEnd.Tests;

/// <summary>All instances are replaced while they serve, and nobody notices.</summary>
public sealed class RollTests(ITestOutputHelper output)
{
    private static readonly int Rolls = Experiment.Count(1, 20);

    [Fact]
    public async Task Shoppers_lose_nothing_while_the_shop_is_rolled()
    {
        await using var topology = await Topology.StartAsync();
        var seed = Environment.ProcessId;
        var before = await topology.ReadyInstancesAsync();
        await using var crowd = await Crowd.EnterAsync(topology, seed, static () => false);
        await crowd.WhileAsync(RollAsync(topology));
        await crowd.LeaveAsync();

        output.WriteLine($"seed {seed}: {Rolls} rolls, {crowd.Orders} orders, {crowd.Repeats} POSTs repeated");
        Assert.True(crowd.Orders > Rolls, "Too few orders for the test to tell anything.");
        Assert.Empty(before.Intersect(await topology.ReadyInstancesAsync()));
    }

    [Fact]
    public async Task Shoppers_lose_nothing_while_the_gateways_are_rolled()
    {
        await using var topology = await Topology.StartAsync();
        var seed = Environment.ProcessId;
        var before = await topology.GatewaysAsync();
        await using var crowd = await Crowd.EnterAsync(topology, seed, static () => false);
        await crowd.WhileAsync(crowd.OrdersAsync(20));
        for (var roll = 0; roll < Rolls; roll++)
        {
            await crowd.WhileAsync(topology.RollAsync("gateway"));
        }

        await crowd.LeaveAsync();
        output.WriteLine($"seed {seed}: {Rolls} rolls, {crowd.Orders} orders");
        var after = await topology.GatewaysAsync();
        Assert.Empty(before.Intersect(after));
        Assert.Equal(Topology.Gateways, after.Count);
    }

    [Fact]
    public async Task An_application_without_Holdfast_in_it_is_rolled_without_a_failed_request()
    {
        await using var topology = await Topology.StartAsync("test/StockApplication", "/", "embedded");
        var before = await topology.ReadyInstancesAsync();
        await using (var load = new SteadyLoad((client, _) => client.GetAsync(topology.Url)))
        {
            await load.GoOnAsync(50);
            await RollAsync(topology);
            await load.GoOnAsync(50);
            Assert.Empty(load.Failures);
        }

        Assert.Empty(before.Intersect(await topology.ReadyInstancesAsync()));
    }

    private static async Task RollAsync(Topology topology)
    {
        for (var roll = 0; roll < Rolls; roll++)
        {
            await topology.RollAsync();
        }
    }
}
