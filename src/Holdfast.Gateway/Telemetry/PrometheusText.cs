using System.Globalization;
using System.Text;
using Holdfast.Gateway.Hosting;
using Holdfast.Gateway.Instances;
using Holdfast.Gateway.Routing;

namespace Holdfast.Gateway.Telemetry;

/// <summary>Everything that is counted, in the text format of Prometheus (version 0.0.4).</summary>
internal static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";
    private static readonly string[] Classes = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"];

    public static string Of(Fleet fleet, GatewayMetrics metrics, ClientConnections clients)
    {
        var text = new StringBuilder();
        Route[] routes = [.. fleet.AllRoutes];
        Upstream[] instances = [.. fleet.Pools.SelectMany(static pool => pool.Members)];
        Requests(text, "holdfast_gateway_route_requests_total", "Requests by route and class of status.", routes.Select(static route => (RouteTags(route), route.Tally)));
        Requests(text, "holdfast_gateway_instance_requests_total", "Sendings by instance and class of status.", instances.Select(static one => (InstanceTags(one), one.Tally)));
        Durations(text, "holdfast_gateway_route_duration_seconds", "From a request's arrival to the end of its answer.", routes.Select(static route => (RouteTags(route), route.Tally)));
        Durations(text, "holdfast_gateway_instance_duration_seconds", "From a sending to the end of its answer.", instances.Select(static one => (InstanceTags(one), one.Tally)));
        Series(text, "holdfast_gateway_instance_in_flight", "gauge", "Requests that an instance has now.", instances.Select(static one => (InstanceTags(one), (double)one.InFlight)));
        Series(text, "holdfast_gateway_instance_ready", "gauge", "1 for an instance that the registry calls ready; 0 as soon as the gateway knows that it is not.", instances.Select(static one => (InstanceTags(one), one.IsReady ? 1.0 : 0)));
        Series(text, "holdfast_gateway_instance_usable", "gauge", "1 for an instance that gets requests.", instances.Select(static one => (InstanceTags(one), one.IsUsable ? 1.0 : 0)));
        Series(text, "holdfast_gateway_queue_waiting", "gauge", "Requests that wait in line.", fleet.Pools.Select(static pool => (ServiceTags(pool.Name), (double)pool.Admission.Waiting)));
        Series(text, "holdfast_gateway_concurrency_limit", "gauge", "How many requests a service gets at once.", fleet.Pools.Select(static pool => (ServiceTags(pool.Name), (double)pool.Admission.Limit)));
        Series(text, "holdfast_gateway_breaker_open", "gauge", "1 for a route whose requests are turned away because nothing answers them.", routes.Select(static route => (RouteTags(route), route.Breaker.IsOpen ? 1.0 : 0)));
        foreach (var (name, help, values) in metrics.Counts)
        {
            Series(text, $"holdfast_gateway_{name}_total", "counter", help, values.Select(static pair => (ServiceTags(pair.Key), (double)pair.Value)));
        }

        Series(text, "holdfast_gateway_client_connections", "gauge", "Clients' connections, those at rest apart.", [("state=\"served\"", clients.Served), ("state=\"resting\"", clients.Resting)]);
        Series(text, "holdfast_gateway_unrouted_total", "counter", "Requests that no service took.", [("", (double)metrics.Unrouted)]);
        return text.ToString();
    }

    private static void Requests(StringBuilder text, string name, string help, IEnumerable<(string Tags, Tally Tally)> tallies) =>
        Series(text, name, "counter", help, tallies.SelectMany(static pair =>
            Classes.Select((status, digit) => ($"{pair.Tags},status=\"{status}\"", (double)pair.Tally.OfClass(digit))).Where(static line => line.Item2 > 0)));

    private static void Durations(StringBuilder text, string name, string help, IEnumerable<(string Tags, Tally Tally)> tallies)
    {
        Head(text, name, "histogram", help);
        foreach (var (tags, tally) in tallies)
        {
            long sum = 0;
            for (var i = 0; i < Tally.Bounds.Length; i++)
            {
                sum += tally.InBucket(i);
                Line(text, $"{name}_bucket", $"{tags},le=\"{Tally.Bounds[i].ToString(CultureInfo.InvariantCulture)}\"", sum);
            }

            sum += tally.InBucket(Tally.Bounds.Length);
            Line(text, $"{name}_bucket", $"{tags},le=\"+Inf\"", sum);
            Line(text, $"{name}_sum", tags, tally.Total.TotalSeconds);
            Line(text, $"{name}_count", tags, sum);
        }
    }

    private static void Series(StringBuilder text, string name, string type, string help, IEnumerable<(string Tags, double Value)> values)
    {
        Head(text, name, type, help);
        foreach (var (tags, value) in values)
        {
            Line(text, name, tags, value);
        }
    }

    private static void Head(StringBuilder text, string name, string type, string help) =>
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");

    private static void Line(StringBuilder text, string name, string tags, double value) =>
        text.Append(name).Append(tags.Length == 0 ? "" : $"{{{tags}}}").Append(CultureInfo.InvariantCulture, $" {value}\n");

    private static string RouteTags(Route route) => $"service=\"{Escape(route.Pool.Name)}\",route=\"{Escape(route.Path)}\"";

    private static string InstanceTags(Upstream upstream) => $"service=\"{Escape(upstream.Service)}\",instance=\"{Escape(upstream.Id)}\"";

    private static string ServiceTags(string service) => $"service=\"{Escape(service)}\"";

    private static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
