using Holdfast.Gateway.Instances;

namespace Holdfast.Gateway.Routing;

/// <summary>All services and instances that the gateway knows. Snapshots of the registry are applied one after the other.</summary>
internal sealed class Fleet(GatewayOptions options, UpstreamClients clients, GatewayMetrics metrics, TimeProvider clock, ILogger<Fleet> logger) : IAsyncDisposable
{
    private readonly Dictionary<string, ServicePool> pools = [];
    private readonly Dictionary<(string Service, string Id, Uri Url), (Upstream Upstream, HealthCheck Check, string HealthPath)> upstreams = [];
    private readonly Declarations declarations = new(logger);
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
        var declared = declarations.Take(snapshot.Services.Select(static service => service.Declaration));
        var members = new HashSet<(string, string, Uri)>();
        var own = new Dictionary<string, List<Upstream>>();
        foreach (var (declaration, _, _) in declared)
        {
            if (!pools.TryGetValue(declaration.Name, out var pool))
            {
                pools.Add(declaration.Name, pool = new ServicePool(declaration.Name, options.Region, metrics, clock, logger));
            }

            own[declaration.Name] = [];
            foreach (var instance in snapshot[declaration.Name]!.Instances)
            {
                members.Add((declaration.Name, instance.Id, instance.Url));
                own[declaration.Name].Add(await MeetAsync(declaration, instance, pool));
            }
        }

        Publish(declared, own);
        foreach (var gone in pools.Keys.Where(name => snapshot[name] is null).ToArray())
        {
            pools.Remove(gone, out var pool);
            pool!.Set([], pool.Settings);
        }

        await ForgetAsync(upstreams.Keys.Except(members).ToArray());
    }

    public ValueTask DisposeAsync() => ForgetAsync([.. upstreams.Keys]);

    /// <summary>Has requests served so from now on, with nothing to wait for in between.</summary>
    private void Publish(IReadOnlyList<Declarations.Declared> declared, Dictionary<string, List<Upstream>> own)
    {
        foreach (var (declaration, settings, _) in declared)
        {
            pools[declaration.Name].Set(own[declaration.Name], settings);
        }

        routes = new RouteTable(declared.Select(one => (one.Declaration, pools[one.Name])), routes);
        allPools = [.. declared.Select(one => pools[one.Name]).OrderBy(static pool => pool.Name, StringComparer.Ordinal)];
        known.TrySetResult();
    }

    private async ValueTask<Upstream> MeetAsync(ServiceDeclaration declaration, RegisteredInstance instance, ServicePool pool)
    {
        var key = (declaration.Name, instance.Id, instance.Url);
        var healthPath = declaration.HealthPath;
        if (upstreams.TryGetValue(key, out var met))
        {
            met.Upstream.Tell(instance);
            if (met.HealthPath == healthPath)
            {
                return met.Upstream;
            }

            await met.Check.DisposeAsync();
        }

        var upstream = met.Upstream ?? new Upstream(declaration.Name, instance, pool.Refresh, clock);
        upstreams[key] = (upstream, new HealthCheck(upstream, healthPath, pool, clients.HealthChecks, clock, logger), healthPath);
        return upstream;
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
