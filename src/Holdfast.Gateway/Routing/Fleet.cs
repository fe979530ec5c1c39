using Holdfast.Gateway.Instances;

namespace Holdfast.Gateway.Routing;

/// <summary>All services and instances that the gateway knows. Snapshots of the registry are applied one after the other.</summary>
internal sealed class Fleet(UpstreamClients clients, GatewayMetrics metrics, TimeProvider clock, ILogger<Fleet> logger) : IAsyncDisposable
{
    private readonly Dictionary<string, ServicePool> pools = [];
    private readonly Dictionary<(string Service, string Id, Uri Url), (Upstream Upstream, HealthCheck Check, string HealthPath)> upstreams = [];
    private readonly TaskCompletionSource known = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile RouteTable routes = new([]);

    /// <summary>Which service takes a path. Meaningful once <see cref="Known"/> is completed.</summary>
    public RouteTable Routes => routes;

    /// <summary>Completes when the registry was read for the first time.</summary>
    public Task Known => known.Task;

    public async ValueTask ApplyAsync(RegistrySnapshot snapshot)
    {
        var members = new HashSet<(string, string, Uri)>();
        var table = new List<(ServiceDeclaration, ServicePool)>();
        foreach (var service in snapshot.Services)
        {
            if (!pools.TryGetValue(service.Name, out var pool))
            {
                pools.Add(service.Name, pool = new ServicePool(service.Name, metrics, clock));
            }

            var own = new List<Upstream>();
            foreach (var instance in service.Instances)
            {
                members.Add((service.Name, instance.Id, instance.Url));
                own.Add(await MeetAsync(service, instance, pool));
            }

            pool.SetMembers(own);
            table.Add((service.Declaration, pool));
        }

        routes = new RouteTable(table);
        known.TrySetResult();
        foreach (var gone in pools.Keys.Where(name => snapshot[name] is null).ToArray())
        {
            pools.Remove(gone, out var pool);
            pool!.SetMembers([]);
        }

        await ForgetAsync(upstreams.Keys.Except(members).ToArray());
    }

    public ValueTask DisposeAsync() => ForgetAsync([.. upstreams.Keys]);

    private async ValueTask<Upstream> MeetAsync(RegisteredService service, RegisteredInstance instance, ServicePool pool)
    {
        var key = (service.Name, instance.Id, instance.Url);
        var healthPath = service.Declaration.HealthPath;
        if (upstreams.TryGetValue(key, out var known))
        {
            known.Upstream.Tell(instance.State);
            if (known.HealthPath == healthPath)
            {
                return known.Upstream;
            }

            await known.Check.DisposeAsync();
        }

        var upstream = known.Upstream ?? new Upstream(service.Name, instance, pool.Refresh);
        upstreams[key] = (upstream, new HealthCheck(upstream, healthPath, clients.HealthChecks, clock, logger), healthPath);
        return upstream;
    }

    private async ValueTask ForgetAsync(IReadOnlyCollection<(string, string, Uri)> keys)
    {
        foreach (var key in keys)
        {
            upstreams.Remove(key, out var gone);
            await gone.Check.DisposeAsync();
        }
    }
}
