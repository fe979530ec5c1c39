using System.CommandLine;
using System.Globalization;
using Holdfast.Cli.Control;

namespace Holdfast.Cli.Roll;

/// <summary><c>holdfast roll SERVICE</c>.</summary>
internal static class RollCommand
{
    private static readonly TimeSpan DefaultWatch = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestWatch = TimeSpan.FromHours(1);

    public static Command Create()
    {
        var service = new Argument<string>("SERVICE") { Description = "The service's name in the topology, or 'gateway' for the gateways." };
        var watch = new Option<string>("--watch")
        {
            Description = "How long each new instance serves beside the old ones, and is compared with them, before one of these goes, such as 5s or 2m.",
            HelpName = "TIME",
            DefaultValueFactory = static _ => DefaultWatch.TotalSeconds.ToString(CultureInfo.InvariantCulture) + "s",
        };
        watch.Validators.Add(static result =>
        {
            if (Duration.Parse(result.GetValueOrDefault<string>()) is not { } time || time > LongestWatch)
            {
                result.AddError("--watch is a time from 0s to 60m, such as 5s or 2m.");
            }
        });
        var topology = TopologyOption.Create();
        var command = new Command(
            "roll", "Builds a service and replaces its instances one by one, by what its file says now; goes back if a new one does not become healthy or fails requests.")
        {
            service, watch, topology,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var request = new ControlRequest(ControlRequest.Roll)
            {
                Service = parsed.GetValue(service),
                WatchSeconds = Duration.Parse(parsed.GetValue(watch)!)!.Value.TotalSeconds,
            };
            await new ControlClient(parsed.GetValue(topology)!).AskAsync(request, cancellationToken);
            return ExitCode.Done;
        });
        return command;
    }
}
