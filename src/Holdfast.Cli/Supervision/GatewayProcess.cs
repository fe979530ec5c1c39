using System.Globalization;
using Holdfast.Cli.Processes;

namespace Holdfast.Cli.Supervision;

/// <summary>One of the gateways that share the topology's port.</summary>
internal sealed class GatewayProcess(string name, int port, string folder, StateAddress state, RunContext run) : SupervisedProcess(name, run)
{
    protected override LaunchPlan Prepare() => new(
        Name,
        ToolCommand.For("gateway", "--port", port.ToString(CultureInfo.InvariantCulture)),
        folder,
        new Dictionary<string, string> { ["HOLDFAST_STATE"] = state.Url });

    /// <summary>Asked of the process and not of the port, where any of the gateways might answer.</summary>
    protected override Task<bool> IsReadyAsync(GuardedProcess process, CancellationToken cancellationToken) =>
        Task.FromResult(process.ListenerOn(port) is not null);
}
