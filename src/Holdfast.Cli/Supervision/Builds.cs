using System.ComponentModel;
using Holdfast.Cli.Processes;
using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Supervision;

/// <summary>Runs the services' build commands, one after the other: they may well share a folder.</summary>
internal sealed class Builds(Topology topology, RunContext run) : IDisposable
{
    private readonly SemaphoreSlim turn = new(1);

    /// <summary>Returns when the service's build command has succeeded, if it has one.</summary>
    /// <exception cref="CommandException">It failed.</exception>
    public async Task RunAsync(ServiceTopology service, CancellationToken cancellationToken)
    {
        if (service.Build is not { } build)
        {
            return;
        }

        await turn.WaitAsync(cancellationToken);
        try
        {
            // MSBuild's servers outlive a build, to serve anybody's next one; ours end with the build.
            var environment = new Dictionary<string, string>(service.Environment) { ["MSBUILDDISABLENODEREUSE"] = "1" };
            var plan = new LaunchPlan($"{service.Name} build", LaunchPlan.Shell(build), topology.Folder, environment);
            run.Log.Event($"{service.Name} is built: {build}");
            await using var process = Start(plan, service.Name);
            var code = await process.Ended.WaitAsync(cancellationToken);
            if (code != 0)
            {
                var end = new ProcessEnd($"the build of {service.Name} failed ({ExitText.Of(code)}): {build}") { LastLines = await process.FinalLinesAsync() };
                throw new CommandException(end.Report);
            }
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => turn.Dispose();

    private GuardedProcess Start(LaunchPlan plan, string service)
    {
        try
        {
            return GuardedProcess.Start(plan, run.Marker, run.Clock, line => run.Log.Output(plan.Name, line));
        }
        catch (Win32Exception fault)
        {
            throw new CommandException($"the build of {service} can't be started: {fault.Message}");
        }
    }
}
