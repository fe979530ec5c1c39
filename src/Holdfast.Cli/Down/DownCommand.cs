using System.CommandLine;
using Holdfast.Cli.Control;

namespace Holdfast.Cli.Down;

/// <summary><c>holdfast down</c>.</summary>
internal static class DownCommand
{
    public static Command Create()
    {
        var (path, topology) = (TopologyOption.CreateArgument(), TopologyOption.Create());
        var command = new Command("down", "Stops a running topology cleanly, and returns when all of it is down.") { path, topology };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = new ControlClient(parsed.GetValue(path) ?? parsed.GetValue(topology)!);
            await client.AskAsync(new ControlRequest(ControlRequest.Down), cancellationToken);
            await client.WaitUntilGoneAsync(cancellationToken);
            return ExitCode.Done;
        });
        return command;
    }
}
