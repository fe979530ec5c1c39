using Holdfast.EndToEnd.Tests.Processes;
using Holdfast.EndToEnd.Tests.Shoppers;
using Holdfast.TestServers;

namespace Holdfast.EndToEnd.Tests;

/// <summary>The main job: instances die at random, and no shopper notices.</summary>
public sealed class InstanceDeathTests(ITestOutputHelper output)
{
    private static readonly int Kills = Experiment.Count(15, 60);

    [Fact]
    [Trait("Experiment", "R17")]
    public async Task Killing_a_random_instance_every_second_loses_nothing_and_fails_no_request()
    {
        await using var topology = await Topology.StartAsync();
        await ShopWhileInstancesDieAsync(topology);
    }

    [Fact]
    [Trait("Experiment", "R17")]
    public async Task On_a_redis_server_only_the_url_differs()
    {
        await using var redis = await RedisServer.StartAsync(isTcp: true, isDurable: true);
        await using var topology = await Topology.StartAsync(redis.ConnectionString);
        await ShopWhileInstancesDieAsync(topology);
    }

    private async Task ShopWhileInstancesDieAsync(Topology topology)
    {
        var seed = Environment.ProcessId;
        var inFlight = new RequestsInFlight();
        var killer = new Killer(topology, seed) { OldestInFlight = () => inFlight.Oldest };
        await using var crowd = await Crowd.EnterAsync(topology, "shopper", seed, new Lenience { MayPostFail = _ => killer.HasBegun, InFlight = inFlight });

        await crowd.WhileAsync(killer.RunAsync(Kills));
        await crowd.LeaveAsync();

        output.WriteLine($"seed {seed}: {killer.Kills} kills, {crowd.Orders} orders, {crowd.Repeats} POSTs repeated");
        Assert.True(crowd.Orders > Kills, "Too few orders for the test to tell anything.");
    }
}
