using System.Diagnostics;
using System.Globalization;
using Holdfast.Cli.Processes;
using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Supervision;

/// <summary>An instance of a service: it listens on a port of its own, chosen anew at each start, and is told to the registry.</summary>
internal sealed class InstanceProcess(
    string name, ServiceTopology service, string folder, StateAddress state, RegistryWriter registry, HealthProbe health, RunContext run)
    : SupervisedProcess(name, run)
{
    private readonly ServiceDeclaration declaration = service.Declare();
    private int port;

    /// <summary>Where the instance listens; null while there is none.</summary>
    public Uri? Url { get; private set; }

    protected override LaunchPlan Prepare()
    {
        port = Run.Ports.Reserve();
        Url = new Uri($"http://127.0.0.1:{port}");
        var environment = new Dictionary<string, string>(service.Environment)
        {
            ["PORT"] = port.ToString(CultureInfo.InvariantCulture),
            ["ASPNETCORE_URLS"] = Url.GetLeftPart(UriPartial.Authority),
            ["HOLDFAST_INSTANCE"] = Name,
            ["HOLDFAST_STATE"] = state.Url,
            ["REDIS_URL"] = state.RedisUrl,
        };
        StateChanged();
        return new LaunchPlan(Name, LaunchPlan.Shell(service.Run), folder, environment);
    }

    protected override async Task<bool> IsReadyAsync(GuardedProcess process, CancellationToken cancellationToken)
    {
        if (!await health.AnswersAsync(new Uri(Url!, service.Health), cancellationToken))
        {
            return false;
        }

        Pid = process.ListenerOn(port)?.Pid ?? process.Pid;
        return true;
    }

    /// <summary>The process that listens may be a child of the one that was started, and end without it.</summary>
    protected override async Task LostAsync(GuardedProcess process, CancellationToken cancellationToken)
    {
        if (Pid is { } listening && listening != process.Pid)
        {
            try
            {
                using var listener = Process.GetProcessById(listening);
                await listener.WaitForExitAsync(cancellationToken);
                return;
            }
            catch (ArgumentException)
            {
                // It is gone already.
                return;
            }
        }

        await base.LostAsync(process, cancellationToken);
    }

    protected override void Ended()
    {
        Url = null;
        Run.Ports.Release(port);
    }

    protected override void StateChanged()
    {
        if (Url is { } url && State != InstanceState.Failed)
        {
            registry.Tell(declaration, Name, url, State);
        }
        else
        {
            registry.Remove(Name);
        }
    }

    protected override string ReadyText(GuardedProcess process) => $"{Name} is ready at {Url!.GetLeftPart(UriPartial.Authority)} (pid {Pid})";

    protected override string Unready(GuardedProcess process) => process.ListenerOn(port) is null
        ? $": nothing listens on port {port}, so have its command listen on $PORT"
        : $": GET {service.Health} on port {port} {health.LastAnswer(Url!)}, so have it answer 2xx or 3xx, or name another path as health";
}
