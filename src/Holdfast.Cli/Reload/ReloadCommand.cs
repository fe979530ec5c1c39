using System.CommandLine;
using Holdfast.Cli.Control;

namespace Holdfast.Cli.Reload;

/// <summary><c>holdfast reload</c>.</summary>
internal static class ReloadCommand
{
    public static Command Create()
    {
        var (path, topology) = (TopologyOption.CreateArgument(), TopologyOption.Create());
        var command = new Command("reload", "Has the gateways of a running topology take the routes and settings that its file has now; no connection is dropped.") { path, topology };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await new ControlClient(parsed.GetValue(path) ?? parsed.GetValue(topology)!).AskAsync(new ControlRequest(ControlRequest.Reload), cancellationToken);
            return ExitCode.Done;
        });
        return command;
    }
}
