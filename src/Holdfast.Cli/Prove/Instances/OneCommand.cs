using Holdfast.Cli.Processes;

namespace Holdfast.Cli.Prove.Instances;

/// <summary>A command that runs once, in the application's folder and with its variables: a build, a reset.</summary>
internal static class OneCommand
{
    /// <summary>Runs it and waits until it has ended.</summary>
    /// <exception cref="CommandException">It failed.</exception>
    public static async Task RunAsync(string name, string command, Application? application, Workplace workplace, CancellationToken cancellationToken)
    {
        // MSBuild's servers outlive a build, to serve anybody's next one; ours end with the build.
        var environment = new Dictionary<string, string>(application?.Environment ?? new Dictionary<string, string>()) { ["MSBUILDDISABLENODEREUSE"] = "1" };
        var plan = new LaunchPlan(name, LaunchPlan.Shell(command), application?.Folder ?? Environment.CurrentDirectory, environment);
        await using var process = GuardedProcess.Start(plan, workplace.Marker, workplace.Clock, static _ => { });
        var code = await process.Ended.WaitAsync(cancellationToken);
        if (code != 0)
        {
            throw new CommandException($"the {name} failed ({ExitText.Of(code)}): {command}{await Readiness.FinalLinesAsync(process)}");
        }
    }
}
