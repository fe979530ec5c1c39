using System.Globalization;
using Holdfast.Cli.Processes;
using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Supervision;

/// <summary>One of the gateways that share the topology's port. Each has an admin port of its own, by which the supervisor learns what it counts.</summary>
internal sealed class GatewayProcess(string name, int number, int port, Topology topology, StateAddress state, RunContext run) : SupervisedProcess(name, run)
{
    private readonly GatewayTopology gateway = topology.Gateway;
    private int adminPort;

    /// <summary>
    /// Where its counters are read; null while there is no process. One that starts may have requests before anybody has noted that it is ready.
    /// </summary>
    public Uri? Metrics => AdminUrl("/metrics");

    /// <summary>Where it tells whether it has read the registry; null while there is no process.</summary>
    public Uri? Readiness => AdminUrl("/readyz");

    /// <summary>It ends by itself when its requests are finished or their time is over; only one that does not is killed.</summary>
    protected override TimeSpan Grace => gateway.Drain + StopGrace;

    protected override LaunchPlan Prepare()
    {
        adminPort = gateway.AdminPort + number - 1 ?? Run.Ports.Reserve();
        List<string> arguments =
        [
            "gateway", "--port", Text(port), "--admin-port", Text(adminPort), "--drain-seconds", Text((int)Math.Ceiling(gateway.Drain.TotalSeconds)),
        ];
        if (gateway.Tls is { } tls)
        {
            arguments.AddRange(["--tls-port", Text(tls.Port), "--tls-certificate", tls.Certificate, "--tls-key", tls.Key]);
        }

        if (gateway.AccessLogOf(number) is { } log)
        {
            arguments.AddRange(["--access-log", log]);
            if (log != GatewayTopology.StandardOutput)
            {
                arguments.AddRange(["--access-log-size", ByteSize.Text(topology.Logs.MaxBytes), "--access-log-keep", Text(topology.Logs.Keep)]);
            }
        }

        if (gateway.Region.Length > 0)
        {
            arguments.AddRange(["--region", gateway.Region]);
        }

        return new LaunchPlan(Name, ToolCommand.For(arguments), topology.Folder, new Dictionary<string, string> { ["HOLDFAST_STATE"] = state.Url });
    }

    /// <summary>Asked of the process and not of the port, where any of the gateways might answer.</summary>
    protected override Task<bool> IsReadyAsync(GuardedProcess process, CancellationToken cancellationToken) =>
        Task.FromResult(process.ListenerOn(port) is not null);

    protected override void Ended() => Run.Ports.Release(adminPort);

    private Uri? AdminUrl(string path) => Pid is null ? null : new Uri($"http://127.0.0.1:{adminPort}{path}");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
