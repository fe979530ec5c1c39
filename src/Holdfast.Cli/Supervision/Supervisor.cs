using System.Runtime.Versioning;
using Holdfast.Cli.Control;
using Holdfast.Cli.Live;
using Holdfast.Cli.Processes;
using Holdfast.Cli.Readings;
using Holdfast.Cli.Scaling;
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
    private static readonly TimeSpan RegistryCloseTimeout = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource down = new();
    private readonly List<Service> services = [];
    private Replicas<GatewayProcess>? gateways;
    private NodeProcess? node;
    private PortHold? portHold;
    private int port;
    private Operations? operations;

    /// <summary>Runs the topology until <paramref name="stop"/> or <c>down</c>, and answers the exit code.</summary>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stop, down.Token);
        using var readings = new GatewayReader(() => gateways?.All ?? []);
        using var control = ControlServer.Start(folder.ControlSocket, (request, tell, gone) => HandleAsync(request, readings, tell, gone), run.Clock);
        using var health = new HealthProbe();
        ExpectNames();
        TellLimits();
        RegistryWriter? registry = null;
        var registryLoop = Task.CompletedTask;
        try
        {
            var state = await StartStateAsync(stopping.Token);
            registry = new RegistryWriter(state, [.. topology.Services.Select(static service => service.Declare())], run);
            registryLoop = registry.RunAsync();
            await StartAsync(new Surroundings(topology.Folder, state, registry, health, new Departures(readings, run)), stopping.Token);
            await new Arrivals(readings, run).BeKnownAsync([.. services.SelectMany(static service => service.Instances.All)], stopping.Token);
            operations = new Operations(topology, services, gateways!, registry, readings, run, down.Token);
            run.Log.Event($"{string.Join(", ", topology.Services.Select(static service => service.Name))} "
                + $"{(topology.Services.Count == 1 ? "is" : "are")} ready at {GatewayUrl}");
            await Task.WhenAll(
                new Autoscaling(services, operations, readings, run).RunAsync(stopping.Token),
                run.IsLive ? new LiveLoop(services, gateways!, GatewayUrl, readings, run).RunAsync(stopping.Token) : Task.CompletedTask);
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
        operations?.Dispose();
        portHold?.Dispose();
        down.Dispose();
        foreach (var service in services)
        {
            service.Dispose();
        }
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

    private void TellLimits()
    {
        if (topology.Services.Any(static service => service.Limits is { MemoryBytes: not null, ProcessMemoryBytes: null }))
        {
            run.Log.Event("memory is a limit that the supervisor keeps, by replacing what has more, each second; the kernel's own for all of an instance takes a cgroup. "
                + "What a process may take in between is bounded by process_memory");
        }
    }

    /// <summary>The gateways' port is this run's from now on.</summary>
    private void HoldPort()
    {
        port = topology.Gateway.Port;
        if (port != 0)
        {
            portHold = PortHold.TryHold(port);
            return;
        }

        while (portHold is null)
        {
            port = run.Ports.Reserve();
            portHold = PortHold.TryHold(port);
        }
    }

    private async Task<StateAddress> StartStateAsync(CancellationToken cancellationToken)
    {
        HoldPort();
        if (topology.State != Topology.EmbeddedState)
        {
            return new StateAddress(topology.State, topology.State) { IsElsewhere = true };
        }

        node = new NodeProcess(folder, run);
        node.Start();
        await SupervisedProcess.ReadyAsync([node], cancellationToken);
        return node.Address;
    }

    private async Task StartAsync(Surroundings surroundings, CancellationToken cancellationToken)
    {
        if (surroundings.State.IsElsewhere)
        {
            // Who needs it would only be told the same, and end of it before that is.
            await surroundings.Registry.Opened.WaitAsync(cancellationToken);
        }

        services.AddRange(topology.Services.Select(service =>
            new Service(service, (name, number, description) => new InstanceProcess(name, number, description, surroundings, run))));
        gateways = new Replicas<GatewayProcess>(GatewayTopology.Name, (name, number) => new GatewayProcess(name, number, port, topology, surroundings.State, run));
        var firstGateways = gateways.Grow(topology.Gateway.Replicas);
        using var failure = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var builds = new Builds(topology, run);
        var starts = new Dictionary<string, Task>();
        foreach (var name in ServiceOrder.GroupsOf(topology.Services).SelectMany(static group => group))
        {
            var service = services.First(service => service.Name == name);
            starts.Add(name, StartAsync(service, [.. service.Topology.Needs.Select(need => starts[need])], builds, failure.Token));
        }

        await AllOrFirstFailureAsync([surroundings.Registry.Opened.WaitAsync(failure.Token), SupervisedProcess.ReadyAsync(firstGateways, failure.Token), .. starts.Values], failure);
    }

    private async Task StartAsync(Service service, IReadOnlyCollection<Task> needs, Builds builds, CancellationToken cancellationToken)
    {
        await builds.RunAsync(service.Topology, cancellationToken);
        var needed = Task.WhenAll(needs);
        if (!needed.IsCompleted)
        {
            run.Log.Event($"{service.Name} waits for {string.Join(", ", service.Topology.Needs)}");
        }

        try
        {
            await needed;
        }
        catch (CommandException)
        {
            // Told by the service that could not be started: this one is not at fault.
            throw new OperationCanceledException();
        }

        await SupervisedProcess.ReadyAsync(service.Instances.Grow(service.Topology.Replicas), cancellationToken);
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

    /// <summary>
    /// Instances get no new requests, gateways finish those that they have, instances end, those first that need others, and the node, which all of
    /// them need, is last.
    /// </summary>
    private async Task StopAsync(RegistryWriter? registry, Task registryLoop)
    {
        run.Log.Event("stopping");
        await down.CancelAsync();
        InstanceProcess[] instances = [.. services.SelectMany(static service => service.Instances.Close())];
        foreach (var instance in instances)
        {
            instance.Drain();
        }

        await Task.WhenAll(gateways?.Close().Select(static gateway => gateway.StopAsync()) ?? []);
        foreach (var group in ServiceOrder.GroupsOf(topology.Services).Reverse())
        {
            // Whoever needs others goes before them.
            await Task.WhenAll(services.Where(service => group.Contains(service.Name)).SelectMany(static service => service.Instances.All)
                .Select(static instance => instance.StopAsync()));
        }

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

    private async Task<ControlAnswer> HandleAsync(ControlRequest request, GatewayReader readings, Func<string, Task> tell, CancellationToken gone)
    {
        switch (request.Command)
        {
            case ControlRequest.Status:
                return new ControlAnswer(Status: Status(await readings.ReadAsync(CancellationToken.None)));
            case ControlRequest.Down:
                run.Log.Event("told to go down");
                await down.CancelAsync();
                return new ControlAnswer();
            case ControlRequest.Scale or ControlRequest.Roll or ControlRequest.Drain or ControlRequest.Reload when operations is null || down.IsCancellationRequested:
                return new ControlAnswer("the topology is starting or stopping: do that once it is ready");
            case ControlRequest.Scale:
                return new ControlAnswer(await operations!.ScaleAsync(request.Service, request.Count));
            case ControlRequest.Roll:
                return new ControlAnswer(await operations!.RollAsync(request.Service, TimeSpan.FromSeconds(request.WatchSeconds), tell, gone));
            case ControlRequest.Drain:
                return new ControlAnswer(await operations!.DrainAsync(request.Instance, tell));
            case ControlRequest.Reload:
                return new ControlAnswer(await operations!.ReloadAsync(tell));
            default:
                return new ControlAnswer($"the supervisor knows no command '{request.Command}': use the same version of holdfast for both");
        }
    }

    private TopologyStatus Status(IReadOnlyList<GatewayReading?> readings) => new(
        new GatewayStatus(
            GatewayUrl,
            [.. gateways?.All.Select(static gateway => gateway.Pid).OfType<int>() ?? []],
            [.. gateways?.All.Select(static gateway => new GatewayProcessStatus(gateway.Name, gateway.Pid, gateway.State)) ?? []]),
        new StateStatus(topology.State == Topology.EmbeddedState ? node?.Address.Shown : StateAddress.Show(topology.State), node?.Pid),
        [.. services.Select(service => new ServiceStatus(
            service.Name,
            GatewayReader.OpenBreakers(readings, service.Name),
            [.. service.Instances.All.Select(static instance =>
                new InstanceStatus(instance.Name, instance.Pid, instance.Url?.GetLeftPart(UriPartial.Authority), instance.State, instance.Ends, instance.Problem))]))]);
}
