using System.Diagnostics.Metrics;
using Holdfast.Gateway.Instances;
using Holdfast.Gateway.Services;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Gateway.Tests;

public sealed class ServicePoolTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ServicePool pool;

    public ServicePoolTests() =>
        pool = new ServicePool("shop", "", new GatewayMetrics(services.GetRequiredService<IMeterFactory>()), TimeProvider.System, NullLogger.Instance);

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

    public void Dispose() => services.Dispose();

    private Upstream Join(string id) =>
        new("shop", new RegisteredInstance(id, new Uri("http://127.0.0.1:1"), InstanceState.Ready), () => pool.Refresh(), TimeProvider.System);
}
