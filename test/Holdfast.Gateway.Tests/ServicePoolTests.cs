using System.Diagnostics.Metrics;
using Holdfast.Gateway.Instances;
using Holdfast.Gateway.Services;
using Holdfast.Gateway.Tests.Overload.Simulation;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Gateway.Tests;

public sealed class ServicePoolTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ServicePool pool;

    public ServicePoolTests() => pool = Pool(TimeProvider.System);

    [Fact]
    public async Task Another_instance_is_preferred_to_one_that_was_tried()
    {
        var (first, second) = (Join("shop-1"), Join("shop-2"));
        pool.Set([first, second], ServiceSettings.Default);
        var tried = new Dictionary<Upstream, int> { [first] = first.Passes };

        for (var i = 0; i < 4; i++)
        {
            Assert.Same(second, await pool.TakeAsync(tried, default, Patience, default));
        }
    }

    [Fact]
    public async Task The_only_instance_is_tried_again_once_it_has_proven_itself_and_not_before()
    {
        var only = Join("shop-1");
        pool.Set([only], ServiceSettings.Default);
        var tried = new Dictionary<Upstream, int> { [only] = only.Passes };

        var taking = pool.TakeAsync(tried, default, Patience, default);
        Assert.False(taking.IsCompleted);
        Assert.Null(await pool.TakeAsync(tried, default, TimeSpan.Zero, default));
        only.HealthPassed();

        Assert.Same(only, await taking);
    }

    [Fact]
    public async Task Who_waits_in_vain_is_told_so_once_the_time_is_over_and_not_when_a_timer_is_early()
    {
        var clock = new EarlyTimers(TimeProvider.System);
        var patience = TimeSpan.FromMilliseconds(300);
        var began = clock.GetTimestamp();

        Assert.Null(await Pool(clock).TakeAsync(new Dictionary<Upstream, int>(), default, patience, default));

        Assert.True(clock.GetElapsedTime(began) >= patience);
    }

    [Fact]
    public async Task Each_one_that_was_left_alone_comes_back_when_its_time_is_over_though_timers_are_early()
    {
        var time = new SimulatedTime();
        var clock = new EarlyTimers(time);
        var shop = Pool(clock);
        Upstream[] four = [.. Enumerable.Range(1, 4).Select(number => Join($"shop-{number}", shop, clock))];
        shop.Set(four, ServiceSettings.Default);
        Balancing.Instances.Answer(four[3], 200, 20);
        void RunUntil(double seconds) => time.RunUntil(seconds, static () => { });

        // Twice in a row for one of them: the second time is longer than another one's first, which comes later and ends sooner.
        Balancing.Instances.Answer(four[0], 500, GatewayLimits.EjectionFailures);
        RunUntil(4.9);
        Assert.Equal(["shop-2", "shop-3", "shop-4"], await TakenAsync(shop));
        RunUntil(5.1);
        Assert.Equal(["shop-1", "shop-2", "shop-3", "shop-4"], await TakenAsync(shop));
        Balancing.Instances.Answer(four[0], 500, GatewayLimits.EjectionFailures);
        RunUntil(6);
        Balancing.Instances.Answer(four[1], 500, GatewayLimits.EjectionFailures);
        Assert.Equal(["shop-3", "shop-4"], await TakenAsync(shop));
        RunUntil(11.1);
        Assert.Equal(["shop-2", "shop-3", "shop-4"], await TakenAsync(shop));
        RunUntil(15.2);
        Assert.Equal(["shop-1", "shop-2", "shop-3", "shop-4"], await TakenAsync(shop));
    }

    public void Dispose() => services.Dispose();

    private ServicePool Pool(TimeProvider clock) =>
        new("shop", "", new GatewayMetrics(services.GetRequiredService<IMeterFactory>()), clock, NullLogger.Instance);

    private Upstream Join(string id) => Join(id, pool, TimeProvider.System);

    private static Upstream Join(string id, ServicePool pool, TimeProvider clock) =>
        new("shop", new RegisteredInstance(id, new Uri("http://127.0.0.1:1"), InstanceState.Ready), pool.Refresh, clock);

    /// <summary>Who gets requests. One that was left alone gets few at first.</summary>
    private static async Task<IEnumerable<string>> TakenAsync(ServicePool pool)
    {
        var taken = new SortedSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 1000; i++)
        {
            taken.Add((await pool.TakeAsync(new Dictionary<Upstream, int>(), default, Patience, default))!.Id);
        }

        return taken;
    }
}
