using System.CommandLine;
using System.Text.Json;
using Holdfast.Cli.Control;

namespace Holdfast.Cli.Status;

/// <summary><c>holdfast status</c>.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Prints one JSON object, for scripts." };
        var (path, topology) = (TopologyOption.CreateArgument(), TopologyOption.Create());
        var command = new Command("status", "Shows what a running topology consists of, and how it is.") { path, json, topology };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = new ControlClient(parsed.GetValue(path) ?? parsed.GetValue(topology)!);
            var answer = await client.AskAsync(new ControlRequest(ControlRequest.Status), cancellationToken);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(answer.Status!, ControlJson.Readable.TopologyStatus));
            }
            else
            {
                Print(answer.Status!);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static void Print(TopologyStatus status)
    {
        List<string[]> rows = [.. status.Gateway.Processes.Select(gateway =>
            new[] { gateway.Id, $"{gateway.State}".ToLowerInvariant(), $"{gateway.Pid}", status.Gateway.Url })];
        rows.Add(["state", "", $"{status.State.Pid}", status.State.Url ?? ""]);
        rows.AddRange(
            from service in status.Services
            from instance in service.Instances
            select new[] { instance.Id, $"{instance.State}".ToLowerInvariant(), $"{instance.Pid}", instance.Url ?? "" });
        TextTable.Print(["NAME", "STATE", "PID", "URL"], rows);
        foreach (var service in status.Services.Where(static service => service.OpenBreakers.Count > 0))
        {
            Console.WriteLine($"Requests to {string.Join(", ", service.OpenBreakers)} of {service.Name} fail: gateways turn nearly all of them away (503) until one succeeds.");
        }

        foreach (var instance in status.Services.SelectMany(static service => service.Instances).Where(static instance => instance.Problem is not null))
        {
            Console.WriteLine($"{instance.Id} {instance.Problem}.");
        }
    }
}
