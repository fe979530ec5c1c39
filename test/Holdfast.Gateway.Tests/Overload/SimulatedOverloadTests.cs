using Holdfast.Gateway.Tests.Overload.Simulation;
using Holdfast.TestServers;

namespace Holdfast.Gateway.Tests.Overload;

/// <summary>
/// R22 and R23 for services of many shapes, on a clock that jumps: what holds for one real service on one machine is to hold for all. A service's
/// capacity is known here, and the load comes by chance (Poisson), which a seed decides.
/// </summary>
public sealed class SimulatedOverloadTests(ITestOutputHelper output)
{
    /// <summary>What the service can bear for good, as a part of its capacity: at more, chance alone has clients wait for long.</summary>
    private const double Sustainable = 0.8;
    private const double Carried = 0.7;
    private static readonly int Seeds = Experiment.Count(1, 10);

    public static TheoryData<string> Shapes => [.. ServiceShape.All.Select(static shape => shape.Name)];

    [Theory]
    [MemberData(nameof(Shapes))]
    [Trait("Experiment", "R22")]
    public void Under_overload_a_service_does_what_it_can_and_who_is_answered_has_hardly_waited(string name)
    {
        foreach (var (seed, times) in Cases(5, 2, 10))
        {
            var load = Begin(name, seed);
            var sustainable = load.Run(Sustainable, 30);
            var overload = load.Run(Sustainable * times, 60);

            Tell($"{times} times, seed {seed}", load, sustainable, overload);
            Assert.InRange(overload.Goodput, load.Shape.Capacity * (load.Shape.AnswersMany ? 0.85 : 0.75), load.Shape.Capacity * 1.15);

            // At less than twice its capacity a line grows slowly, and who comes until there are too many for a small crowd waits.
            Assert.InRange(overload.P99, 0, sustainable.P99 * (times <= 2 ? 6 : load.Shape.AnswersMany ? 2 : 3));
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    [Trait("Experiment", "R22")]
    public void What_a_service_can_carry_is_carried_before_overload_and_after_it(string name)
    {
        foreach (var (seed, times) in Cases(5, 1.5, 10))
        {
            var load = Begin(name, seed);
            var before = load.Run(Carried, 60);
            load.Run(times, 20);
            load.Run(Carried, 10);
            var after = load.Run(Carried, 60);

            Tell($"{times} times, seed {seed}", load, before, after);
            Assert.InRange(before.RefusedShare, 0, 0.02);
            Assert.InRange(after.RefusedShare, 0, 0.03);
            Assert.InRange(after.Goodput, before.Count / 60.0 * 0.85, double.PositiveInfinity);
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    [Trait("Experiment", "R23")]
    public void Clients_that_come_again_do_not_keep_a_service_busy_once_the_overload_is_over(string name)
    {
        foreach (var (seed, _) in Cases(5))
        {
            var load = Begin(name, seed, comings: 4);
            load.Run(5, 20);
            load.Run(Carried, 10);
            var after = load.Run(Carried, 30);

            Tell($"seed {seed}", load, after);
            Assert.InRange(after.RefusedShare, 0, load.Shape.AnswersMany ? 0.01 : 0.15);
            Assert.InRange(after.Goodput, load.Shape.Capacity * Carried * 0.85, double.PositiveInfinity);
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    [Trait("Experiment", "R22")]
    public void A_gateway_that_starts_under_overload_finds_out_about_the_service_all_the_same(string name)
    {
        foreach (var (seed, times) in Cases(5, 2, 10))
        {
            var sustainable = Begin(name, seed).Run(Sustainable, 30);
            var load = new SimulatedLoad(ServiceShape.All.Single(shape => shape.Name == name), seed);
            load.Run(Sustainable * times, 30);
            var overload = load.Run(Sustainable * times, 30);

            Tell($"{times} times, seed {seed}", load, sustainable, overload);
            // How long it takes without load was never seen.
            Assert.InRange(overload.Goodput, load.Shape.Capacity * 0.7, load.Shape.Capacity * 1.15);
            Assert.InRange(overload.P99, 0, sustainable.P99 * 7);
        }
    }

    [Fact]
    [Trait("Experiment", "R22")]
    public void A_service_that_becomes_slower_and_quick_again_always_does_what_it_can()
    {
        var shape = new ServiceShape("changing", 20, static random => 0.02 * (0.5 + random.NextDouble()), 0.02)
        {
            Slowness = static seconds => seconds is > 30 and < 60 ? 3 : 1,
        };
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var load = new SimulatedLoad(shape, seed);
            load.Run(2, 10);
            Assert.InRange(load.Run(2, 20).Goodput, shape.Capacity * 0.9, shape.Capacity * 1.1);
            load.Run(2, 10);
            Assert.InRange(load.Run(2, 20).Goodput, shape.Capacity / 3 * 0.75, shape.Capacity / 3 * 1.1);
            load.Run(2, 10);
            Assert.InRange(load.Run(2, 20).Goodput, shape.Capacity * 0.9, shape.Capacity * 1.1);
        }
    }

    [Fact]
    public void A_burst_that_is_worked_off_in_time_is_let_in_whole()
    {
        var load = Begin("takes turns of 5 ms", seed: 1);
        load.Run(0.3, 10);
        load.Run(2, 0.25);
        load.Run(0.3, 2);

        Assert.DoesNotContain(load.Requests, static request => request.IsRefused);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    [Trait("Experiment", "R22")]
    public void A_crowd_of_50_is_never_turned_away_while_instances_die_and_start_and_answers_take_long(string name)
    {
        var usual = ServiceShape.All.Single(shape => shape.Name == name);
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var isSlow = false;
            var crowd = new SimulatedCrowd(usual with { Slowness = _ => isSlow ? 1.5 / (usual.MeanWork + usual.Delay) : 1 }, clients: 50, instanceCount: 3, seed);
            crowd.Run(20);
            for (var death = 0; death < 3; death++)
            {
                crowd.Kill();
                isSlow = true;
                crowd.Run(3);
                crowd.Start();
                crowd.Run(2);
                isSlow = false;
                crowd.Run(5);
            }

            // None is there for a moment.
            crowd.Kill();
            crowd.Kill();
            crowd.Kill();
            crowd.Run(3);
            crowd.Start();
            crowd.Run(10);

            var waited = crowd.Requests.Max(static request => request.EnteredAt - request.CameAt);
            output.WriteLine($"{usual}, seed {seed}: limit {crowd.Limit}, {crowd.Requests.Count} requests, {crowd.Requests.Count(static one => one.IsRefused)} refused, longest wait {waited:0.00} s");
            Assert.DoesNotContain(crowd.Requests, static request => request.IsRefused);
            Assert.InRange(waited, 0, GatewayLimits.MaxQueueTime.TotalSeconds * 2.5);
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        double[] Times() => [.. Run().Requests.Select(static request => request.Took)];
        static SimulatedLoad Run()
        {
            var load = Begin("takes turns of 5 ms", seed: 7, comings: 2);
            load.Run(3, 5);
            return load;
        }

        Assert.Equal(Times(), Times());
    }

    private static IEnumerable<(int Seed, double Times)> Cases(double small, params double[] more) =>
        from seed in Enumerable.Range(1, Seeds)
        from times in Experiment.IsLong ? more.Prepend(small) : [small]
        select (seed, times);

    /// <summary>A load that has found out about its service.</summary>
    private static SimulatedLoad Begin(string name, int seed, int comings = 1)
    {
        var load = new SimulatedLoad(ServiceShape.All.Single(shape => shape.Name == name), seed, comings);
        load.Run(Carried, 10);
        return load;
    }

    private void Tell(string what, SimulatedLoad load, params SimulatedOutcome[] outcomes) =>
        output.WriteLine($"{load.Shape}, {what}: limit {load.Admission.Limit}, " + string.Join("; ", outcomes.Select(outcome =>
            $"{outcome.Goodput / load.Shape.Capacity:0.00} of the capacity, p99 {outcome.P99 * 1000:0} ms, refused {outcome.RefusedShare:P2}")));
}
