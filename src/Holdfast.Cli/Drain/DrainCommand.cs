using System.CommandLine;
using Holdfast.Cli.Control;

namespace Holdfast.Cli.Drain;

/// <summary><c>holdfast drain INSTANCE</c>.</summary>
internal static class DrainCommand
{
    public static Command Create()
    {
        var instance = new Argument<string>("INSTANCE") { Description = "The instance or gateway, as 'status' names it: shop-2, gateway-1." };
        var topology = TopologyOption.Create();
        var command = new Command("drain", "Has an instance or a gateway finish what it has, ends it, and does not start it again; returns when it has ended.")
        {
            instance, topology,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var request = new ControlRequest(ControlRequest.Drain) { Instance = parsed.GetValue(instance) };
            await new ControlClient(parsed.GetValue(topology)!).AskAsync(request, cancellationToken);
            return ExitCode.Done;
        });
        return command;
    }
}
