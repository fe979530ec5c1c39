using System.Diagnostics;
using System.Globalization;
using Holdfast.Cli.Processes;
using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Supervision;

/// <summary>An instance of a service: it listens on a port of its own, chosen anew at each start, and is told to the registry.</summary>
internal sealed class InstanceProcess(string name, int number, ServiceTopology service, Surroundings surroundings, RunContext run)
    : SupervisedProcess(name, run)
{
    private readonly ServiceDeclaration declaration = service.Declare();
    private readonly SecretMask mask = new(service.Secrets.Values);
    private readonly MemoryWatch? memory = service.Limits.MemoryBytes is { } limit ? new MemoryWatch(limit, run.Clock) : null;
    private int port;

    /// <summary>The service that it belongs to.</summary>
    public Service? Service { get; set; }

    /// <summary>Where the instance listens; null while there is none.</summary>
    public Uri? Url { get; private set; }

    protected override string Remedy => $"Mend what it prints, then put it in place at once by 'holdfast roll {service.Name}'";

    protected override LaunchPlan Prepare()
    {
        // The last port is kept until another one is found: a gateway never takes the new process for the one that has ended.
        var last = port;
        port = Run.Ports.Reserve();
        Run.Ports.Release(last);
        var url = new Uri($"http://127.0.0.1:{port}");
        var environment = new Dictionary<string, string>(service.Environment)
        {
            ["PORT"] = port.ToString(CultureInfo.InvariantCulture),
            ["ASPNETCORE_URLS"] = url.GetLeftPart(UriPartial.Authority),
            ["HOLDFAST_INSTANCE"] = Name,
            ["HOLDFAST_STATE"] = surroundings.State.Url,
            ["REDIS_URL"] = surroundings.State.RedisUrl,
        };
        foreach (var (name, value) in service.Secrets)
        {
            environment[name] = value;
        }

        Change(() => Url = url);
        return new LaunchPlan(Name, ProcessLimits.Apply(LaunchPlan.Shell(service.Run), service.Limits, number), surroundings.Folder, environment) { Mask = mask };
    }

    protected override async Task<bool> IsReadyAsync(GuardedProcess process, CancellationToken cancellationToken)
    {
        if (!await surroundings.Health.AnswersAsync(new Uri(Url!, service.Health), cancellationToken))
        {
            return false;
        }

        Pid = process.ListenerOn(port)?.Pid ?? process.Pid;
        return true;
    }

    protected override async Task<ProcessEnd> LostAsync(GuardedProcess process, CancellationToken cancellationToken)
    {
        var listener = ListenerLostAsync(process, cancellationToken);
        if (memory is null)
        {
            return await listener;
        }

        var exceeds = memory.ExceedsAsync(process, times: 1, cancellationToken);
        return await Task.WhenAny(listener, exceeds) == listener ? await listener : await LeaveAsync(process, listener, await exceeds, cancellationToken);
    }

    protected override void Ended() => Url = null;

    protected override void Stopped() => Run.Ports.Release(port);

    protected override void StateChanged()
    {
        if (Url is { } url && State != InstanceState.Failed)
        {
            surroundings.Registry.Tell(declaration, Name, url, State);
        }
        else
        {
            surroundings.Registry.Remove(Name);
        }
    }

    protected override string ReadyText(GuardedProcess process) => $"{Name} is ready at {Url!.GetLeftPart(UriPartial.Authority)} (pid {Pid})";

    protected override string Unready(GuardedProcess process) => process.ListenerOn(port) is null
        ? $": nothing listens on port {port}, so have its command listen on $PORT"
        : $": GET {service.Health} on port {port} {surroundings.Health.LastAnswer(Url!)}, so have it answer 2xx or 3xx, or name another path as health";

    /// <summary>The process that listens may be a child of the one that was started, and end without it.</summary>
    private async Task<ProcessEnd> ListenerLostAsync(GuardedProcess process, CancellationToken cancellationToken)
    {
        if (Pid is not { } listening || listening == process.Pid)
        {
            return await base.LostAsync(process, cancellationToken);
        }

        try
        {
            using var listener = Process.GetProcessById(listening);
            await listener.WaitForExitAsync(cancellationToken);
        }
        catch (ArgumentException)
        {
            // It is gone already.
        }

        return new ProcessEnd("lost the process that listens on its port") { IsKill = true };
    }

    /// <summary>
    /// Has the gateways let go of an instance that takes too much memory, once another one serves in its place; as long as it does not take far
    /// too much.
    /// </summary>
    private async Task<ProcessEnd> LeaveAsync(GuardedProcess process, Task<ProcessEnd> listener, long bytes, CancellationToken cancellationToken)
    {
        var text = $"took {bytes >> 20} MiB of memory, more than its limit of {ByteSize.Text(service.Limits.MemoryBytes!.Value)}";
        Run.Log.Event($"{Name} {text}: once another one serves in its place it gets no new requests, and is started again once it has none");
        var tooMuch = memory!.ExceedsAsync(process, MemoryWatch.TooMuch, cancellationToken);
        var relief = new Relief(Service!, this, surroundings.Departures, Run);
        _ = relief.RunAsync(cancellationToken);
        if (await Task.WhenAny(relief.IsThere, tooMuch, listener) == relief.IsThere)
        {
            surroundings.Registry.Tell(declaration, Name, Url!, InstanceState.Draining);
            await Task.WhenAny(surroundings.Departures.AreLetGoAsync([Name], service.Drain, cancellationToken), tooMuch, listener);
        }

        return new ProcessEnd(text);
    }
}
