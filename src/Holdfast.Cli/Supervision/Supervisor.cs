using System.Globalization;
using System.Runtime.Versioning;
using Holdfast.Cli.Control;
using Holdfast.Cli.Status;
using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Supervision;

/// <summary>
/// Runs a topology: the node, then gateways and instances together, until it is told to stop or something that must
/// work at start does not. Whatever happens, nothing is left running when <see cref="RunAsync"/> returns.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class Supervisor(Topology topology, RunFolder folder, RunContext run) : IDisposable
{
    /// <summary>How long an instance that leaves goes on serving, so that the gateways have learnt of it before it stops.</summary>
    public static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan RegistryCloseTimeout = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource down = new();
    private readonly SemaphoreSlim scaling = new(1);
    private readonly List<GatewayProcess> gateways = [];
    private readonly List<Service> services = [];
    private NodeProcess? node;
    private int port;
    private bool isReady;

    /// <summary>Runs the topology until <paramref name="stop"/> or <c>down</c>, and answers the exit code.</summary>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stop, down.Token);
        using var control = ControlServer.Start(folder.ControlSocket, HandleAsync);
        using var health = new HealthProbe();
        ExpectNames();
        RegistryWriter? registry = null;
        var registryLoop = Task.CompletedTask;
        try
        {
            var state = await StartStateAsync(stopping.Token);
            registry = new RegistryWriter(state, [.. topology.Services.Select(static service => service.Declare())], run);
            registryLoop = registry.RunAsync();
            await StartAsync(state, registry, health, stopping.Token);
            isReady = true;
            run.Log.Event($"{string.Join(", ", topology.Services.Select(static service => service.Name))} "
                + $"{(topology.Services.Count == 1 ? "is" : "are")} ready at {GatewayUrl}");
            await Task.Delay(Timeout.InfiniteTimeSpan, run.Clock, stopping.Token);
            return ExitCode.Done;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return ExitCode.Done;
        }
        finally
        {
            try
            {
                await StopAsync(registry, registryLoop);
            }
            finally
            {
                run.Marker.Sweep();
                folder.Clear();
                registry?.Dispose();
            }
        }
    }

    public void Dispose()
    {
        down.Dispose();
        scaling.Dispose();
    }

    private string GatewayUrl => $"http://127.0.0.1:{port}";

    private void ExpectNames()
    {
        foreach (var service in topology.Services)
        {
            run.Log.Expect(service.Build is null ? $"{service.Name}-{service.Replicas}" : $"{service.Name} build");
        }

        run.Log.Expect($"gateway-{topology.Gateway.Replicas}");
    }

    private async Task<StateAddress> StartStateAsync(CancellationToken cancellationToken)
    {
        port = topology.Gateway.Port is var given and not 0 ? given : run.Ports.Reserve();
        if (topology.State != Topology.EmbeddedState)
        {
            return new StateAddress(topology.State, topology.State) { IsElsewhere = true };
        }

        node = new NodeProcess(folder, run);
        node.Start();
        await ReadyAsync([node], cancellationToken);
        return node.Address;
    }

    private async Task StartAsync(StateAddress state, RegistryWriter registry, HealthProbe health, CancellationToken cancellationToken)
    {
        for (var number = 1; number <= topology.Gateway.Replicas; number++)
        {
            gateways.Add(new GatewayProcess($"gateway-{number.ToString(CultureInfo.InvariantCulture)}", port, topology.Folder, state, run));
        }

        foreach (var service in topology.Services)
        {
            services.Add(new Service(service, name => new InstanceProcess(name, service, topology.Folder, state, registry, health, run)));
        }

        foreach (var gateway in gateways)
        {
            gateway.Start();
        }

        using var failure = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var builds = new Builds(topology, run);
        var starts = services.Zip(topology.Services, (service, description) => StartAsync(service, description, builds, failure.Token));
        await AllOrFirstFailureAsync([registry.Opened.WaitAsync(failure.Token), ReadyAsync(gateways, failure.Token), .. starts], failure);
    }

    private static async Task StartAsync(Service service, ServiceTopology description, Builds builds, CancellationToken cancellationToken)
    {
        await builds.RunAsync(description, cancellationToken);
        await ReadyAsync(service.Grow(description.Replicas), cancellationToken);
    }

    /// <summary>Ends the others at the first failure, and tells that one.</summary>
    private static async Task AllOrFirstFailureAsync(IReadOnlyList<Task> tasks, CancellationTokenSource failure)
    {
        var first = await Task.WhenAny(Task.WhenAll(tasks), FirstFailureAsync(tasks));
        await failure.CancelAsync();
        try
        {
            await Task.WhenAll(tasks);
        }
        catch (OperationCanceledException)
        {
            // Ended by the failure that is told next, or by the caller.
        }
        catch (CommandException)
        {
            // Told next, the first of them.
        }

        await first;
    }

    private static async Task FirstFailureAsync(IReadOnlyList<Task> tasks)
    {
        await foreach (var task in Task.WhenEach(tasks))
        {
            await task;
        }
    }

    /// <summary>Returns when all are ready for the first time.</summary>
    /// <exception cref="CommandException">One of them can't be.</exception>
    private static async Task ReadyAsync(IEnumerable<SupervisedProcess> processes, CancellationToken cancellationToken)
    {
        var waits = processes.Select(async process => (process.Name, Failure: await process.FirstReady.WaitAsync(cancellationToken)));
        await foreach (var wait in Task.WhenEach(waits))
        {
            if (await wait is { Failure: { } failure } failed)
            {
                throw new CommandException($"{failed.Name} {failure}");
            }
        }
    }

    /// <summary>
    /// Instances get no new requests, gateways finish those that they have, instances end, and the node, which all of
    /// them need, is last.
    /// </summary>
    private async Task StopAsync(RegistryWriter? registry, Task registryLoop)
    {
        run.Log.Event("stopping");
        await down.CancelAsync();
        InstanceProcess[] instances = [.. services.SelectMany(static service => service.Close())];
        foreach (var instance in instances)
        {
            instance.Drain();
        }

        await Task.WhenAll(gateways.Select(static gateway => gateway.StopAsync()));
        await Task.WhenAll(instances.Select(static instance => instance.StopAsync()));
        if (registry is not null)
        {
            registry.Close(RegistryCloseTimeout);
            await registryLoop;
        }

        if (node is not null)
        {
            await node.StopAsync();
        }

    }

    private async Task<ControlAnswer> HandleAsync(ControlRequest request)
    {
        switch (request.Command)
        {
            case ControlRequest.Status:
                return new ControlAnswer(Status: Status());
            case ControlRequest.Scale when isReady && !down.IsCancellationRequested:
                return new ControlAnswer(await ScaleAsync(request.Service, request.Count));
            case ControlRequest.Scale:
                return new ControlAnswer("the topology is starting or stopping: scale it once it is ready");
            case ControlRequest.Down:
                run.Log.Event("told to go down");
                await down.CancelAsync();
                return new ControlAnswer();
            default:
                return new ControlAnswer($"the supervisor knows no command '{request.Command}': use the same version of holdfast for both");
        }
    }

    /// <summary>Changes how many instances a service has; answers why that failed, or null.</summary>
    private async Task<string?> ScaleAsync(string? name, int count)
    {
        if (services.FirstOrDefault(service => service.Name == name) is not { } service)
        {
            return $"there is no service '{name}': there are {string.Join(", ", services.Select(static service => service.Name))}";
        }

        if (count is < 1 or > ServiceTopology.MaxReplicas)
        {
            return $"a service has 1 to {ServiceTopology.MaxReplicas} instances, not {count}";
        }

        await scaling.WaitAsync();
        try
        {
            run.Log.Event($"{service.Name} is scaled to {count}");
            await ShrinkAsync(service, count);
            return await GrowAsync(service, count);
        }
        finally
        {
            scaling.Release();
        }
    }

    private async Task ShrinkAsync(Service service, int count)
    {
        var leaving = service.Surplus(count);
        if (leaving.Count == 0)
        {
            return;
        }

        foreach (var instance in leaving)
        {
            instance.Drain();
        }

        await Task.WhenAny(Task.Delay(DrainTime, run.Clock, down.Token));
        await service.StopAsync(leaving);
    }

    private async Task<string?> GrowAsync(Service service, int count)
    {
        var added = service.Grow(count);
        try
        {
            await ReadyAsync(added, down.Token);
            return null;
        }
        catch (CommandException error)
        {
            await service.StopAsync(added);
            return $"{error.Message}\n{service.Name} stays at {service.Instances.Count} instances";
        }
        catch (OperationCanceledException)
        {
            return "the topology was stopped";
        }
    }

    private TopologyStatus Status() => new(
        new GatewayStatus(GatewayUrl, [.. gateways.Select(static gateway => gateway.Pid).OfType<int>()]),
        new StateStatus(topology.State == Topology.EmbeddedState ? node?.Address.Shown : StateAddress.Show(topology.State), node?.Pid),
        [.. services.Select(static service => new ServiceStatus(
            service.Name,
            [.. service.Instances.Select(static instance =>
                new InstanceStatus(instance.Name, instance.Pid, instance.Url?.GetLeftPart(UriPartial.Authority), instance.State))]))]);
}
