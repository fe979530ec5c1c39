using System.Globalization;
using Holdfast.EndToEnd.Tests.Processes;
using Holdfast.EndToEnd.Tests.Shoppers;
using Holdfast.EndToEnd.Tests.Soak;
using Holdfast.TestServers;

namespace Holdfast.EndToEnd.Tests;

/// <summary>Whatever happens, by chance and for long: no shopper notices, and the processes that live through it do not grow.</summary>
public sealed class SoakTests(ITestOutputHelper output)
{
    /// <summary>In which the node dies, too, and what is there to stay is taken.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(Experiment.Count(8, 1500));

    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(Experiment.Count(20, 2100));

    /// <summary>A list of orders has 1,000 places: nobody comes to that.</summary>
    private const int OrdersOfACrowd = 5000;

    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    [Fact]
    [Trait("Experiment", "R25")]
    public async Task Random_faults_and_rolling_restarts_are_noticed_by_nobody_and_leave_nothing_behind()
    {
        var seed = Environment.ProcessId;
        output.WriteLine($"seed {seed}");
        await using var topology = await Topology.StartAsync();
        var mischief = new Mischief(topology, seed);
        var lenience = new Lenience
        {
            MayPostFail = static _ => true, GatewaysDie = true, MayBreak = mischief.HasGatewayDied,
            MayBeClosed = mischief.MayNodeBeTooLongAway, MaxPauseMilliseconds = Experiment.Count(60, 600),
        };
        var run = RunAsync(topology, mischief);
        var (orders, repeats, breaks, closed) = (0, 0, 0, 0);
        for (var crowds = 1; !run.IsCompleted; crowds++)
        {
            await using var crowd = await Crowd.EnterAsync(topology, $"crowd-{crowds}", seed + crowds, lenience);
            await crowd.WhileAsync(Task.WhenAny(run, crowd.OrdersAsync(OrdersOfACrowd)));
            await crowd.LeaveAsync();
            (orders, repeats, breaks, closed) = (orders + crowd.Orders, repeats + crowd.Repeats, breaks + crowd.Breaks, closed + crowd.Closed);
        }

        var vitals = await run;
        output.WriteLine($"{mischief.InstanceKills} instances, {mischief.GatewayKills} gateways and {mischief.NodeKills} nodes killed, {mischief.Standstills} standstills, "
            + $"{mischief.QuietRolls} rolls in peace, {mischief.RollsUnderFire} under fire, {mischief.RollsBack} that went back; "
            + $"{orders} orders, {repeats} POSTs repeated, {breaks} requests made again for a gateway's death, {closed} for a node that took over 5 s to start; {string.Join("; ", vitals)}");
        Assert.True(orders > mischief.InstanceKills, "Too few orders for the test to tell anything.");
        Assert.All(vitals, Judge);
    }

    private static async Task<IReadOnlyList<Vitals>> RunAsync(Topology topology, Mischief mischief)
    {
        var lasting = new[] { topology.Supervisor, (await topology.GatewaysAsync())[0] };
        await mischief.GoOnAsync(WarmUp, atLeast: 3, withNode: true);
        var node = await topology.NodeAsync();
        IReadOnlyList<Vitals> vitals = [new("supervisor", lasting[0]), new("gateway", lasting[1]), new("node", node, keeps: true)];

        var going = mischief.GoOnAsync(Measured, Mischief.Everything, withNode: false);
        using var timer = new PeriodicTimer(LookInterval);
        while (!going.IsCompleted && await timer.WaitForNextTickAsync())
        {
            foreach (var one in vitals)
            {
                one.Look();
            }
        }

        await going;
        Assert.Equal([topology.Supervisor, (await topology.GatewaysAsync())[0], await topology.NodeAsync()], vitals.Select(static one => one.Pid));
        return vitals;
    }

    /// <summary>A short time shows no more than gross leaks: what is there to stay is not yet all there, least of all what is compiled while it is measured, and clients of a gateway that dies connect to the other.</summary>
    private static void Judge(Vitals one)
    {
        var (memory, handles) = Experiment.IsLong ? (0.01, 10.0) : (1.5, 200.0);
        Assert.True((!one.IsToStay || one.MemoryGrowth < memory) && one.HandleGrowth < handles, string.Create(CultureInfo.InvariantCulture, $"It grows: {one}."));
    }
}
