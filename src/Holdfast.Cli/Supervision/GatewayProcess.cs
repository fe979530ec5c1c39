using System.Globalization;
using Holdfast.Cli.Processes;

namespace Holdfast.Cli.Supervision;

/// <summary>One of the gateways that share the topology's port. Each has an admin port of its own, by which the supervisor learns what it counts.</summary>
internal sealed class GatewayProcess(string name, int port, string folder, StateAddress state, RunContext run) : SupervisedProcess(name, run)
{
    private int adminPort;

    /// <summary>Where its counters are read; null while it has none to read.</summary>
    public Uri? Metrics => State is InstanceState.Ready or InstanceState.Draining && Pid is not null ? new Uri($"http://127.0.0.1:{adminPort}/metrics") : null;

    protected override LaunchPlan Prepare()
    {
        adminPort = Run.Ports.Reserve();
        return new LaunchPlan(
            Name,
            ToolCommand.For("gateway", "--port", Text(port), "--admin-port", Text(adminPort)),
            folder,
            new Dictionary<string, string> { ["HOLDFAST_STATE"] = state.Url });
    }

    /// <summary>Asked of the process and not of the port, where any of the gateways might answer.</summary>
    protected override Task<bool> IsReadyAsync(GuardedProcess process, CancellationToken cancellationToken) =>
        Task.FromResult(process.ListenerOn(port) is not null);

    protected override void Ended() => Run.Ports.Release(adminPort);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
