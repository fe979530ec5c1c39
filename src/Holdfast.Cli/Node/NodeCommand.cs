using System.CommandLine;
using System.Net;
using System.Runtime.InteropServices;

namespace Holdfast.Cli.Node;

/// <summary><c>holdfast node</c>: serves a data folder until it is told to stop.</summary>
internal static class NodeCommand
{
    /// <summary>
    /// Has .NET continue with what a socket has received on the thread that polled it. Commands run on it to their end and block on nothing,
    /// so handing each batch of them to another thread would only add the waking. Read when the process uses its first socket.
    /// </summary>
    private const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    internal static Command Create()
    {
        var data = new Option<string>("--data")
        {
            Description = "The folder that holds the state; created if it is missing.",
            HelpName = "FOLDER",
            Required = true,
        };
        var socket = new Option<string>("--socket") { Description = "Listen on this Unix socket, made with mode 0600; no password.", HelpName = "PATH" };
        var port = new Option<int?>("--port") { Description = "Listen on this port of 127.0.0.1; 0 for a free one.", HelpName = "N" };
        var passwordFile = new Option<string>("--password-file")
        {
            Description = $"The file whose first line is the port's password; or set {NodePasswordSource.Variable}.",
            HelpName = "FILE",
        };
        var partitions = new Option<int>("--partitions")
        {
            Description = "The number of partitions of a folder that is created, a power of two.",
            HelpName = "N",
            DefaultValueFactory = static _ => PartitionMap.DefaultCount,
        };
        var durability = new Option<string>("--durability")
        {
            Description = "When SET and its like are acknowledged: synced, which survives loss of power, or written, which survives kill -9.",
            HelpName = "LEVEL",
            DefaultValueFactory = static _ => "synced",
        };
        durability.AcceptOnlyFromAmong("synced", "written");
        var command = new Command("node", "Serves the embedded engine to other processes of this machine, over the Redis protocol.")
        {
            data, socket, port, passwordFile, durability, partitions,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(socket) is null && result.GetResult(port) is null)
            {
                result.AddError("Name --socket or --port, or both: the node needs something to listen on.");
            }
        });
        port.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && (!int.TryParse(result.Tokens[0].Value, out var number) || number is < 0 or > IPEndPoint.MaxPort))
            {
                result.AddError($"--port is 0 to {IPEndPoint.MaxPort}, not '{result.Tokens[0].Value}'.");
            }
        });
        partitions.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1
                && (!int.TryParse(result.Tokens[0].Value, out var number) || number is < 1 or > PartitionMap.MaxCount || !int.IsPow2(number)))
            {
                result.AddError($"--partitions is a power of two from 1 to {PartitionMap.MaxCount}, not '{result.Tokens[0].Value}'.");
            }
        });
        command.SetAction((parsed, _) => RunAsync(
            parsed.GetValue(data)!,
            parsed.GetValue(socket),
            parsed.GetValue(port),
            parsed.GetValue(passwordFile),
            parsed.GetValue(durability) == "written" ? Durability.Written : Durability.Synced,
            parsed.GetValue(partitions)));
        return command;
    }

    private static async Task<int> RunAsync(string data, string? socket, int? port, string? passwordFile, Durability durability, int partitions)
    {
        Environment.SetEnvironmentVariable(InlineCompletions, "1");
        try
        {
            var options = new StateNodeOptions
            {
                UnixSocketPath = socket is null ? null : Path.GetFullPath(socket),
                EndPoint = port is { } number ? new IPEndPoint(IPAddress.Loopback, number) : null,
                Password = NodePasswordSource.Read(passwordFile),
                Durability = durability,
            };
            return await ServeAsync(Path.GetFullPath(data), new StateEngineOptions { PartitionCount = partitions, Log = NodeEvents.Write }, options);
        }
        catch (Exception exception) when (exception is StateException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"holdfast: {NodeEvents.OnOneLine(exception.Message)}");
            return ExitCode.Failed;
        }
    }

    private static async Task<int> ServeAsync(string folder, StateEngineOptions engineOptions, StateNodeOptions options)
    {
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        await using var engine = await EmbeddedEngine.OpenAsync(folder, engineOptions);
        await using var node = await StateNode.StartAsync(engine, options);
        await Console.Out.WriteLineAsync(ReadyLine(node));
        await stop.Task;
        return ExitCode.Done;

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.TrySetResult();
        }
    }

    /// <summary>What the supervisor waits for. Without the password: standard output is kept in places where it has no business.</summary>
    private static string ReadyLine(StateNode node)
    {
        var line = "node ready";
        line += node.UnixSocketPath is { } path ? $" redis+unix://{path}" : "";
        return line + (node.EndPoint is { } endPoint ? $" redis://{endPoint}" : "");
    }
}
