using System.Diagnostics.Metrics;
using System.Net;
using Holdfast.Gateway.Instances;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Gateway.Tests.Instances;

public sealed class HealthCheckTests
{
    [Theory]
    [InlineData(typeof(NotSupportedException))]
    [InlineData(typeof(InvalidOperationException))]
    [InlineData(typeof(HttpRequestException))]
    public async Task Whatever_goes_wrong_puts_the_instance_out_and_it_is_asked_on_until_it_is_well(Type fault)
    {
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var pool = new ServicePool("shop", "", new GatewayMetrics(services.GetRequiredService<IMeterFactory>()), TimeProvider.System, NullLogger.Instance);
        using var upstream = Balancing.Instances.One("shop-1", TimeProvider.System);
        pool.Set([upstream], pool.Settings);
        using var instance = new Instance { Fault = (Exception)Activator.CreateInstance(fault)! };
        using var client = new HttpMessageInvoker(instance, disposeHandler: false);
        await using var check = new HealthCheck(upstream, "/healthz", pool, client, TimeProvider.System, NullLogger.Instance);

        await Eventually.HoldsAsync(() => Task.FromResult(upstream.IsOut));
        instance.Fault = null;

        await Eventually.HoldsAsync(() => Task.FromResult(upstream.IsUsable));
    }

    /// <summary>Answers as it should, or in a way in which the HTTP client itself fails.</summary>
    private sealed class Instance : HttpMessageHandler
    {
        private volatile Exception? fault;

        public Exception? Fault
        {
            get => fault;
            set => fault = value;
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Fault is { } thrown ? throw thrown : Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK));
    }
}
