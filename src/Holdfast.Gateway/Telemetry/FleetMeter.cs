using System.Diagnostics.Metrics;
using Holdfast.Gateway.Hosting;
using Holdfast.Gateway.Routing;

namespace Holdfast.Gateway.Telemetry;

/// <summary>What is counted by route and by instance, for whoever listens to the meter <c>Holdfast.Gateway</c>.</summary>
internal sealed class FleetMeter
{
    private const int Classes = 6;

    public FleetMeter(IMeterFactory factory, Fleet fleet, ClientConnections clients)
    {
        var meter = factory.Create("Holdfast.Gateway");
        meter.CreateObservableCounter(
            "holdfast.gateway.route.requests",
            () => fleet.AllRoutes.SelectMany(static route => ByClass(route.Tally, new("service", route.Pool.Name), new("route", route.Path))),
            "{request}", "Requests by route and class of status.");
        meter.CreateObservableCounter(
            "holdfast.gateway.instance.requests",
            () => fleet.Pools.SelectMany(static pool => pool.Members).SelectMany(static one => ByClass(one.Tally, new("service", one.Service), new("instance", one.Id))),
            "{request}", "Sendings by instance and class of status.");
        meter.CreateObservableUpDownCounter(
            "holdfast.gateway.instance.in_flight",
            () => fleet.Pools.SelectMany(static pool => pool.Members).Select(static one =>
                new Measurement<int>(one.InFlight, new("service", one.Service), new KeyValuePair<string, object?>("instance", one.Id))),
            "{request}", "Requests that an instance has now.");
        meter.CreateObservableGauge(
            "holdfast.gateway.concurrency_limit",
            () => fleet.Pools.Select(static pool => new Measurement<int>(pool.Admission.Limit, new KeyValuePair<string, object?>("service", pool.Name))),
            "{request}", "How many requests a service gets at once.");
        meter.CreateObservableGauge(
            "holdfast.gateway.breaker_open",
            () => fleet.AllRoutes.Select(static route => new Measurement<int>(
                route.Breaker.IsOpen ? 1 : 0, new("service", route.Pool.Name), new KeyValuePair<string, object?>("route", route.Path))),
            "1", "1 for a route whose requests are turned away because nothing answers them.");
        meter.CreateObservableGauge(
            "holdfast.gateway.queue_waiting",
            () => fleet.Pools.Select(static pool => new Measurement<int>(pool.Admission.Waiting, new KeyValuePair<string, object?>("service", pool.Name))),
            "{request}", "Requests that wait in line.");
        meter.CreateObservableUpDownCounter(
            "holdfast.gateway.client_connections",
            () => new[] { new Measurement<int>(clients.Served, new KeyValuePair<string, object?>("state", "served")), new Measurement<int>(clients.Resting, new KeyValuePair<string, object?>("state", "resting")) },
            "{connection}", "Clients' connections, those at rest apart.");
    }

    private static IEnumerable<Measurement<long>> ByClass(Tally tally, KeyValuePair<string, object?> first, KeyValuePair<string, object?> second)
    {
        for (var digit = 0; digit < Classes; digit++)
        {
            if (tally.OfClass(digit) is var count and > 0)
            {
                yield return new Measurement<long>(count, first, second, new("status", digit == 0 ? "none" : $"{digit}xx"));
            }
        }
    }
}
