using System.Globalization;
using Holdfast.Cli.Readings;
using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Supervision;

/// <summary>What can be done to a topology while it runs. Each answers why it could not be done, or null; those on one service take turns.</summary>
internal sealed class Operations(
    Topology topology, IReadOnlyList<Service> services, Replicas<GatewayProcess> gateways, RegistryWriter registry, GatewayReader readings, RunContext run, CancellationToken down)
    : IDisposable
{
    private const string StoppedText = "the topology was stopped";
    private static readonly TimeSpan ReadinessPause = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a change of routes and settings waits for the store.</summary>
    private static readonly TimeSpan ReloadPatience = TimeSpan.FromSeconds(20);

    private readonly Departures departures = new(readings, run);
    private readonly Builds builds = new(topology, run);
    private readonly SemaphoreSlim gatewayTurn = new(1);

    /// <summary>Changes how many instances a service has, or how many gateways there are.</summary>
    public async Task<string?> ScaleAsync(string? name, int count)
    {
        var most = name == GatewayTopology.Name ? GatewayTopology.MaxReplicas : ServiceTopology.MaxReplicas;
        if (count < 1 || count > most)
        {
            return $"{name} has 1 to {most} {(name == GatewayTopology.Name ? "processes" : "instances")}, not {count}";
        }

        if (name == GatewayTopology.Name)
        {
            return await InTurnAsync(gatewayTurn, () => ScaleGatewaysAsync(count));
        }

        return Find(name) switch
        {
            null => NoService(name),
            { Topology.Scaling: { } scaling } => $"{name} scales itself between {scaling.Min} and {scaling.Max} instances: give it a fixed number of replicas in {topology.File} and start again, or leave it to itself",
            var service => await InTurnAsync(service.Turn, () => ScaleAsync(service, count, "")),
        };
    }

    /// <summary>
    /// Changes how many instances a service has that scales itself; not while something else is done with it. Those that go take their time
    /// for what they have without anybody waiting for them: more may be needed before they are gone.
    /// </summary>
    public async Task<string?> AdaptAsync(Service service, int count, string reason)
    {
        if (!await service.Turn.WaitAsync(TimeSpan.Zero))
        {
            return null;
        }

        try
        {
            run.Log.Event($"{service.Name} is scaled to {count}{reason}");
            if (service.Instances.Surplus(count) is { Count: > 0 } leaving)
            {
                _ = departures.LeaveAsync(service, leaving, down);
            }

            return await GrowAsync(service.Instances, service.Name, count);
        }
        finally
        {
            service.Turn.Release();
        }
    }

    /// <summary>
    /// Replaces a service's instances one by one, by what the topology's file says now. If whoever asked has gone before that begins, it does not.
    /// </summary>
    public async Task<string?> RollAsync(string? name, TimeSpan watch, Func<string, Task> tell, CancellationToken gone)
    {
        if (name == GatewayTopology.Name)
        {
            return await InTurnAsync(gatewayTurn, RollGatewaysAsync);
        }

        if (Find(name) is not { } service)
        {
            return NoService(name);
        }

        return await InTurnAsync(service.Turn, () => RollAsync(service, watch, tell, gone));
    }

    /// <summary>Has gateways treat the services as the topology's file says now, all together: routes and settings. What else has changed is told.</summary>
    public async Task<string?> ReloadAsync(Func<string, Task> tell)
    {
        await TakeAllTurnsAsync(tell);
        try
        {
            if (TopologyLoader.TryLoad(topology.File, out var problems) is not { } described)
            {
                return $"nothing was changed:\n{problems}";
            }

            return await ReloadAsync(described, tell);
        }
        finally
        {
            foreach (var service in services)
            {
                service.Turn.Release();
            }
        }
    }

    /// <summary>Has an instance or a gateway finish what it has, and ends it. One that its service can't do without is replaced first, where the service scales itself.</summary>
    public async Task<string?> DrainAsync(string? name, Func<string, Task> tell)
    {
        if (gateways.All.Any(gateway => gateway.Name == name))
        {
            return await InTurnAsync(gatewayTurn, () => DrainGatewayAsync(name!));
        }

        return services.FirstOrDefault(service => service.Instances.All.Any(instance => instance.Name == name)) is { } service
            ? await InTurnAsync(service.Turn, () => DrainAsync(service, name!, tell))
            : $"there is no instance or gateway '{name}': there are {string.Join(", ", AllNames())}";
    }

    public void Dispose()
    {
        gatewayTurn.Dispose();
        builds.Dispose();
    }

    private Service? Find(string? name) => services.FirstOrDefault(service => service.Name == name);

    private string NoService(string? name) => $"there is no service '{name}': there are {string.Join(", ", services.Select(static service => service.Name))}";

    private IEnumerable<string> AllNames() =>
        services.SelectMany(static service => service.Instances.All).Select(static instance => instance.Name)
            .Concat(gateways.All.Select(static gateway => gateway.Name));

    private static async Task<string?> InTurnAsync(SemaphoreSlim turn, Func<Task<string?>> operation)
    {
        await turn.WaitAsync();
        try
        {
            return await operation();
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<string?> RollAsync(Service service, TimeSpan watch, Func<string, Task> tell, CancellationToken gone)
    {
        if (TopologyLoader.TryLoadService(topology.File, service.Name, out var problems) is not { } described)
        {
            return $"{service.Name} is not rolled, nothing was changed:\n{problems}";
        }

        run.Log.Event($"{service.Name} is rolled");
        if (!service.Topology.IsServedLike(described))
        {
            await tell($"routes, health and settings of {service.Name} for the gateway stay as they are: 'holdfast reload' changes routes and settings, health changes when the topology is started again");
        }

        var next = service.Topology.StartedAs(described);
        try
        {
            if (next.Build is { } build)
            {
                await tell($"{service.Name} is built: {build}");
                using var either = CancellationTokenSource.CreateLinkedTokenSource(down, gone);
                await builds.RunAsync(next, either.Token);
            }
        }
        catch (CommandException failure)
        {
            return $"{failure.Message}\n{service.Name} is not rolled: its instances are those that it had, and one that ends is started from what the build has left";
        }
        catch (OperationCanceledException)
        {
            if (!down.IsCancellationRequested)
            {
                run.Log.Event($"{service.Name} is not rolled: its build was given up with the command that had asked for it");
            }

            return StoppedText;
        }

        if (gone.IsCancellationRequested)
        {
            run.Log.Event($"{service.Name} is not rolled: who had asked for it did not wait until it began");
            return StoppedText;
        }

        return await new Rollout(service, next, departures, readings, run) { Watch = watch, Tell = tell }.RunAsync(down);
    }

    private async Task<string?> ScaleAsync(Service service, int count, string reason)
    {
        run.Log.Event($"{service.Name} is scaled to {count}{reason}");
        if (service.Instances.Surplus(count) is { Count: > 0 } leaving)
        {
            await departures.LeaveAsync(service, leaving, down);
        }

        return await GrowAsync(service.Instances, service.Name, count);
    }

    /// <summary>Takes the turns of all services, or none while one of them is not to be had: what is done with the others is not held up by that one.</summary>
    private async Task TakeAllTurnsAsync(Func<string, Task> tell)
    {
        while (true)
        {
            var taken = services.TakeWhile(static service => service.Turn.Wait(0)).ToList();
            if (taken.Count == services.Count)
            {
                return;
            }

            taken.ForEach(static service => service.Turn.Release());
            var busy = services[taken.Count];
            await tell($"waits until what is done with {busy.Name} is over");
            await InTurnAsync(busy.Turn, static () => Task.FromResult<string?>(null));
        }
    }

    private async Task<string?> ReloadAsync(Topology described, Func<string, Task> tell)
    {
        var plan = new ReloadPlan(topology, [.. services.Select(static service => service.Topology)], described);
        if (plan.Refusal() is { } refusal)
        {
            return refusal;
        }

        foreach (var line in plan.Left())
        {
            await tell(line);
        }

        try
        {
            if (!await registry.TryRedeclareAsync([.. plan.Changed.Select(static service => service.Declare())], ReloadPatience, down))
            {
                return "nothing was changed: the store is away. Reload again once it is back";
            }
        }
        catch (OperationCanceledException)
        {
            return StoppedText;
        }

        foreach (var changed in plan.Changed)
        {
            Find(changed.Name)!.Topology = changed;
        }

        var told = plan.Changed.Count == 0 ? "no routes or settings have changed"
            : $"routes and settings of {string.Join(", ", plan.Changed.Select(static service => service.Name))} are as the file says";
        run.Log.Event(told);
        await tell(told);
        return null;
    }

    private async Task<string?> ScaleGatewaysAsync(int count)
    {
        run.Log.Event($"there are to be {count} gateways");
        await gateways.StopAsync(gateways.Surplus(count));
        return await GrowGatewaysAsync(count);
    }

    /// <summary>Has more gateways, which must not only listen but have read the registry: without that they answer 503 to everything.</summary>
    private async Task<string?> GrowGatewaysAsync(int count)
    {
        var before = gateways.All;
        if (await GrowAsync(gateways, GatewayTopology.Name, count) is { } problem)
        {
            return problem;
        }

        var added = gateways.All.Except(before).ToList();
        var began = run.Clock.GetTimestamp();
        try
        {
            while (await FirstUnreadyAsync(added) is { } unready)
            {
                if (run.Clock.GetElapsedTime(began) >= run.ReadyTimeout)
                {
                    await gateways.StopAsync(added);
                    return $"{unready.Name} could not read the registry within {run.ReadyTimeout.TotalSeconds:0.##} s: look after the store, its lines are in "
                        + $"{RunFolder.Name}/{RunFolder.LogsName}/{unready.Name}.log\n{GatewayTopology.Name} stays at {gateways.All.Count.ToString(CultureInfo.InvariantCulture)}";
                }

                await Task.Delay(ReadinessPause, run.Clock, down);
            }

            return null;
        }
        catch (OperationCanceledException)
        {
            return StoppedText;
        }
    }

    private async Task<GatewayProcess?> FirstUnreadyAsync(IReadOnlyList<GatewayProcess> added)
    {
        foreach (var gateway in added)
        {
            if (!await readings.IsReadyAsync(gateway, down))
            {
                return gateway;
            }
        }

        return null;
    }

    /// <summary>
    /// Replaces the gateways one by one, each by one of its name and admin port. One more serves meanwhile: it shows first whether a new one comes up, and
    /// stays where one doesn't.
    /// </summary>
    private async Task<string?> RollGatewaysAsync()
    {
        run.Log.Event("the gateways are rolled");
        var old = gateways.All;
        if (await GrowGatewaysAsync(old.Count + 1) is { } problem)
        {
            return problem;
        }

        var spare = gateways.All.Except(old).ToList();
        foreach (var leaving in old)
        {
            await gateways.StopAsync([leaving]);
            if (await GrowGatewaysAsync(old.Count + 1) is { } failure)
            {
                return $"{failure}; {string.Join(", ", spare.Select(static gateway => gateway.Name))} serves in its stead";
            }
        }

        await gateways.StopAsync(spare);
        return null;
    }

    private async Task<string?> GrowAsync<TProcess>(Replicas<TProcess> replicas, string name, int count)
        where TProcess : SupervisedProcess
    {
        var added = replicas.Grow(count);
        try
        {
            await SupervisedProcess.ReadyAsync(added, down);
            return null;
        }
        catch (CommandException error)
        {
            await replicas.StopAsync(added);
            return $"{error.Message}\n{name} stays at {replicas.All.Count.ToString(CultureInfo.InvariantCulture)}";
        }
        catch (OperationCanceledException)
        {
            return StoppedText;
        }
    }

    private async Task<string?> DrainAsync(Service service, string name, Func<string, Task> tell)
    {
        if (service.Instances.All.FirstOrDefault(instance => instance.Name == name) is not { } leaving)
        {
            return $"{name} has gone meanwhile";
        }

        if (leaving.State == InstanceState.Draining)
        {
            return $"{name} is leaving already";
        }

        var couldServe = service.Instances.All.Any(instance => instance != leaving && instance.State == InstanceState.Ready);
        if (service.Topology.Scaling is { } scaling && (!couldServe || service.Instances.Staying.Count <= scaling.Min))
        {
            // It would be started again at once, under the same name, as if nobody had wanted it gone.
            if (await ReplaceAsync(service, leaving, tell) is { } problem)
            {
                return problem;
            }
        }
        else if (!couldServe)
        {
            return $"{name} is the only instance of {service.Name} that could serve: scale {service.Name} up first, or stop all with 'holdfast down'";
        }

        run.Log.Event($"{name} is drained");
        await departures.LeaveAsync(service, [leaving], down);
        return null;
    }

    /// <summary>Has another instance serve in the place of one that is to leave.</summary>
    private async Task<string?> ReplaceAsync(Service service, InstanceProcess leaving, Func<string, Task> tell)
    {
        var kept = $"{service.Name} scales itself and keeps {service.Topology.Scaling!.Min.ToString(CultureInfo.InvariantCulture)} instances at least";
        try
        {
            if (service.Instances.Add() is not { } added)
            {
                return StoppedText;
            }

            var told = $"{added.Name} is started in the place of {leaving.Name}: {kept}";
            run.Log.Event(told);
            await tell(told);
            if (await added.FirstReady.WaitAsync(down) is { } failure)
            {
                await service.Instances.StopAsync([added]);
                return $"{added.Name} {failure}\n{leaving.Name} is not drained: {kept}, and no other one came up in its place";
            }

            await new Arrivals(readings, run).BeKnownAsync([added], down);
            return null;
        }
        catch (OperationCanceledException)
        {
            return StoppedText;
        }
    }

    private async Task<string?> DrainGatewayAsync(string name)
    {
        if (gateways.All.FirstOrDefault(gateway => gateway.Name == name) is not { } leaving)
        {
            return $"{name} has gone meanwhile";
        }

        if (!gateways.All.Any(gateway => gateway != leaving && gateway.State == InstanceState.Ready))
        {
            return $"{name} is the only gateway that could serve: have another one with 'holdfast scale gateway 2' first, or stop all with 'holdfast down'";
        }

        run.Log.Event($"{name} is drained");
        await gateways.StopAsync([leaving]);
        return null;
    }
}
