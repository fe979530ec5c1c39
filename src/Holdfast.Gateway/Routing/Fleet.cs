using Holdfast.Gateway.Instances;
using Holdfast.Gateway.Services;

namespace Holdfast.Gateway.Routing;

/// <summary>All services and instances that the gateway knows. Snapshots of the registry are applied one after the other.</summary>
internal sealed class Fleet(GatewayOptions options, UpstreamClients clients, GatewayMetrics metrics, TimeProvider clock, ILogger<Fleet> logger) : IAsyncDisposable
{
    private readonly Dictionary<string, ServicePool> pools = [];
    private readonly Dictionary<(string Service, string Id, Uri Url), (Upstream Upstream, HealthCheck Check, string HealthPath)> upstreams = [];
    private readonly TaskCompletionSource known = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile IReadOnlyList<ServicePool> allPools = [];
    private volatile RouteTable routes = new([]);

    /// <summary>Which service takes a path. Meaningful once <see cref="Known"/> is completed.</summary>
    public RouteTable Routes => routes;

    /// <summary>Completes when the registry was read for the first time.</summary>
    public Task Known => known.Task;

    /// <summary>Every route, for whoever counts.</summary>
    public IReadOnlyList<Route> AllRoutes => routes.All;

    /// <summary>Every service.</summary>
    public IReadOnlyList<ServicePool> Pools => allPools;

    public async ValueTask ApplyAsync(RegistrySnapshot snapshot)
    {
        var members = new HashSet<(string, string, Uri)>();
        var table = new List<(ServiceDeclaration, ServicePool)>();
        foreach (var service in snapshot.Services)
        {
            if (!pools.TryGetValue(service.Name, out var pool))
            {
                pools.Add(service.Name, pool = new ServicePool(service.Name, options.Region, metrics, clock, logger));
            }

            var own = new List<Upstream>();
            foreach (var instance in service.Instances)
            {
                members.Add((service.Name, instance.Id, instance.Url));
                own.Add(await MeetAsync(service, instance, pool));
            }

            pool.Set(own, SettingsOf(service.Declaration, pool));
            table.Add((service.Declaration, pool));
        }

        routes = new RouteTable(table, routes);
        allPools = [.. table.Select(static entry => entry.Item2)];
        known.TrySetResult();
        foreach (var gone in pools.Keys.Where(name => snapshot[name] is null).ToArray())
        {
            pools.Remove(gone, out var pool);
            pool!.Set([], pool.Settings);
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
            known.Upstream.Tell(instance);
            if (known.HealthPath == healthPath)
            {
                return known.Upstream;
            }

            await known.Check.DisposeAsync();
        }

        var upstream = known.Upstream ?? new Upstream(service.Name, instance, pool.Refresh, clock);
        upstreams[key] = (upstream, new HealthCheck(upstream, healthPath, pool, clients.HealthChecks, clock, logger), healthPath);
        return upstream;
    }

    /// <summary>The service's settings, all of them or, when one can't be used, the earlier ones.</summary>
    private ServiceSettings SettingsOf(ServiceDeclaration service, ServicePool pool)
    {
        var (settings, problems) = SettingsParser.Parse(service.Settings);
        if (problems.Count == 0)
        {
            return settings;
        }

        Log.SettingsRefused(logger, service.Name, string.Join(" ", problems.Select(static problem => $"{problem.Setting}: {problem.Problem}.")));
        return pool.Settings;
    }

    private async ValueTask ForgetAsync(IReadOnlyCollection<(string, string, Uri)> keys)
    {
        foreach (var key in keys)
        {
            upstreams.Remove(key, out var gone);
            await gone.Check.DisposeAsync();
            gone.Upstream.Dispose();
        }
    }
}
