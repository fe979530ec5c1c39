using System.CommandLine;
using Holdfast.Cli.Control;
using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Scale;

/// <summary><c>holdfast scale SERVICE N</c>.</summary>
internal static class ScaleCommand
{
    public static Command Create()
    {
        var service = new Argument<string>("SERVICE") { Description = "The service's name in the topology, or gateway." };
        var count = new Argument<int>("N") { Description = $"How many instances it is to have, 1 to {ServiceTopology.MaxReplicas}." };
        count.Validators.Add(static result =>
        {
            if (!int.TryParse(result.Tokens[0].Value, out var number) || number is < 1 or > ServiceTopology.MaxReplicas)
            {
                result.AddError($"N is a whole number from 1 to {ServiceTopology.MaxReplicas}, not '{result.Tokens[0].Value}'.");
            }
        });
        var topology = TopologyOption.Create();
        var command = new Command("scale", "Changes how many instances a service has; returns when new ones are ready and others have drained and ended.")
        {
            service, count, topology,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var request = new ControlRequest(ControlRequest.Scale) { Service = parsed.GetValue(service), Count = parsed.GetValue(count) };
            await new ControlClient(parsed.GetValue(topology)!).AskAsync(request, cancellationToken);
            return ExitCode.Done;
        });
        return command;
    }
}
