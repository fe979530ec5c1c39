using System.Diagnostics.Metrics;

namespace Holdfast.Gateway;

/// <summary>The meter <c>Holdfast.Gateway</c>. Every counter has the tag <c>service</c>.</summary>
internal sealed class GatewayMetrics
{
    private const string ServiceTag = "service";
    private readonly Counter<long> requests;
    private readonly Counter<long> retries;
    private readonly Counter<long> waits;
    private readonly Counter<long> ejections;
    private readonly Counter<long> refusals;

    public GatewayMetrics(IMeterFactory factory)
    {
        var meter = factory.Create("Holdfast.Gateway");
        requests = meter.CreateCounter<long>("holdfast.gateway.requests", "{request}", "Requests that a service's route took.");
        retries = meter.CreateCounter<long>("holdfast.gateway.retries", "{retry}", "Sendings of a request beyond its first.");
        waits = meter.CreateCounter<long>("holdfast.gateway.waits", "{wait}", "Waits for a ready instance.");
        ejections = meter.CreateCounter<long>("holdfast.gateway.ejections", "{ejection}", "Instances left alone for a while because they failed requests.");
        refusals = meter.CreateCounter<long>("holdfast.gateway.refusals", "{request}", "Requests turned away with 503 because the service had enough.");
    }

    public void Requested(string service) => requests.Add(1, new KeyValuePair<string, object?>(ServiceTag, service));

    public void Retried(string service) => retries.Add(1, new KeyValuePair<string, object?>(ServiceTag, service));

    public void Waited(string service) => waits.Add(1, new KeyValuePair<string, object?>(ServiceTag, service));

    public void Ejected(string service) => ejections.Add(1, new KeyValuePair<string, object?>(ServiceTag, service));

    public void Refused(string service) => refusals.Add(1, new KeyValuePair<string, object?>(ServiceTag, service));
}
