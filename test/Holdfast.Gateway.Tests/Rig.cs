using Holdfast.TestServers;

namespace Holdfast.Gateway.Tests;

/// <summary>A gateway in this process, a store with the registry that it follows, and backends in processes of their own.</summary>
internal sealed class Rig : IAsyncDisposable
{
    public static readonly ServiceDeclaration Shop = new("shop", ["/"], "/healthz");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly RedisServer store;
    private readonly StateEngine engine;
    private readonly List<BackendProcess> backends = [];
    private readonly Dictionary<string, InstanceRegistration> registrations = [];
    private readonly CancellationTokenSource ending = new();
    private readonly SemaphoreSlim registering = new(1);
    private Task renewing = Task.CompletedTask;
    private GatewayHost? gateway;

    private Rig(RedisServer store, StateEngine engine)
    {
        (this.store, this.engine) = (store, engine);
        Registry = new ServiceRegistry(engine);
    }

    public RedisServer Store => store;

    public ServiceRegistry Registry { get; }

    public HttpClient Client { get; private set; } = null!;

    public Uri Address => gateway!.Address;

    public Uri TlsAddress => gateway!.TlsAddress!;

    public Uri AdminAddress => gateway!.AdminAddress!;

    /// <summary>A gateway and this many ready instances of a shop, which it has heard of.</summary>
    /// <param name="instances">How many.</param>
    /// <param name="configure">Changes the gateway's options.</param>
    /// <param name="renews">Whether what is registered is renewed, as a supervisor does.</param>
    public static async Task<Rig> StartAsync(int instances, Func<GatewayOptions, GatewayOptions>? configure = null, bool renews = true)
    {
        var store = await RedisServer.StartAsync();
        var rig = new Rig(store, await RedisEngine.OpenAsync(store.ConnectionString, PatientOptions.Default));
        if (renews)
        {
            rig.renewing = rig.RenewAsync();
        }

        await rig.Registry.DeclareAsync(Shop);
        for (var i = 1; i <= instances; i++)
        {
            await rig.JoinAsync($"shop-{i}");
        }

        rig.gateway = await rig.StartGatewayAsync(configure);
        rig.Client = new HttpClient { BaseAddress = rig.gateway.Address, Timeout = Patience };
        return rig;
    }

    /// <summary>Starts a gateway on the rig's store and ports of its own, and returns once it knows what is registered.</summary>
    /// <param name="configure">Changes the gateway's options.</param>
    /// <param name="isStoreThere">Whether it can know that.</param>
    public async Task<GatewayHost> StartGatewayAsync(Func<GatewayOptions, GatewayOptions>? configure = null, bool isStoreThere = true)
    {
        var options = new GatewayOptions
        {
            Port = 0,
            AdminPort = 0,
            OpenStore = async (options, token) => await RedisEngine.OpenAsync(store.ConnectionString, options, token),
        };
        var host = await GatewayHost.StartAsync(configure is null ? options : configure(options));
        if (isStoreThere)
        {
            await host.RegistryRead.WaitAsync(Patience);
        }

        return host;
    }

    /// <summary>Declares the shop with these settings, and starts a gateway that has never known others.</summary>
    public async Task<GatewayHost> StartGatewayAsync(params (string Name, string Text)[] settings)
    {
        await Registry.DeclareAsync(new ServiceDeclaration(Shop.Name, Shop.Routes, Shop.HealthPath)
        {
            Settings = settings.ToDictionary(static setting => setting.Name, static setting => setting.Text),
        });
        return await StartGatewayAsync();
    }

    /// <summary>Drains and ends the gateway.</summary>
    public ValueTask StopGatewayAsync() => gateway!.DisposeAsync();

    /// <summary>Starts a backend and registers it.</summary>
    public async Task<BackendProcess> JoinAsync(string id, int port = 0, InstanceState state = InstanceState.Ready, ServiceDeclaration? service = null)
    {
        var backend = await BackendProcess.StartAsync(id, port);
        backends.Add(backend);
        await RegisterAsync(id, backend.Url, state, service);
        return backend;
    }

    /// <summary>Registers what listens there already, and returns once the gateway has heard of it, if there is one yet.</summary>
    public async Task RegisterAsync(string id, Uri url, InstanceState state = InstanceState.Ready, ServiceDeclaration? service = null)
    {
        var registration = await Registry.RegisterAsync(service ?? Shop, id, url, state);
        lock (registrations)
        {
            registrations[id] = registration;
        }

        if (gateway is not null)
        {
            await Eventually.HoldsAsync(async () => (await MetricsAsync()).Contains($"holdfast_gateway_instance_usable{{service=\"{(service ?? Shop).Name}\",instance=\"{id}\"}} ", StringComparison.Ordinal));
        }
    }

    /// <summary>What a gateway has counted; the rig's own unless told.</summary>
    public Task<string> MetricsAsync(GatewayHost? of = null) => Client.GetStringAsync(new Uri((of ?? gateway!).AdminAddress!, "/metrics"));

    /// <summary>Sets an instance's state in the registry.</summary>
    public Task<bool> SetStateAsync(string id, InstanceState state) => OneByOneAsync(() => registrations[id].SetStateAsync(state));

    /// <summary>Renews an instance's registration now.</summary>
    public Task<bool> RenewAsync(string id) => OneByOneAsync(() => registrations[id].RenewAsync(ending.Token));

    public BackendProcess this[string id] => backends.Last(backend => backend.Name == id);

    /// <summary>Which instance answers this path.</summary>
    public async Task<string> AskAsync(string path = "/")
    {
        using var response = await Client.GetAsync(path);
        response.EnsureSuccessStatusCode();
        return response.Headers.GetValues("X-Instance").Single();
    }

    private async Task RenewAsync()
    {
        using var timer = new PeriodicTimer(ServiceRegistry.RenewalInterval);
        try
        {
            while (await timer.WaitForNextTickAsync(ending.Token))
            {
                string[] all;
                lock (registrations)
                {
                    all = [.. registrations.Keys];
                }

                foreach (var id in all)
                {
                    await RenewIfPossibleAsync(id);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task RenewIfPossibleAsync(string id)
    {
        try
        {
            await RenewAsync(id);
        }
        catch (StateException)
        {
            // A test has taken the store away.
        }
    }

    private async Task<bool> OneByOneAsync(Func<ValueTask<bool>> act)
    {
        await registering.WaitAsync(ending.Token);
        try
        {
            return await act();
        }
        finally
        {
            registering.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await renewing;
        ending.Dispose();
        registering.Dispose();
        Client?.Dispose();
        if (gateway is not null)
        {
            await gateway.DisposeAsync();
        }

        foreach (var backend in backends)
        {
            await backend.DisposeAsync();
        }

        await engine.DisposeAsync();
        await store.DisposeAsync();
    }
}
