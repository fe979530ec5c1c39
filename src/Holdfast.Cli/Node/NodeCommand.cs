using System.CommandLine;
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
        var arguments = new NodeArguments();
        var command = new Command("node", "Serves the embedded engine to other processes, over the Redis protocol.");
        arguments.AddTo(command);
        FolderCommands.AddTo(command);
        command.SetAction((parsed, _) => RunAsync(arguments, parsed));
        return command;
    }

    private static async Task<int> RunAsync(NodeArguments arguments, ParseResult parsed)
    {
        Environment.SetEnvironmentVariable(InlineCompletions, "1");
        try
        {
            return await ServeAsync(arguments.Folder(parsed), arguments.Engine(parsed), arguments.Node(parsed));
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
        return line + (node.EndPoint is { } endPoint ? $" {(node.IsEncrypted ? "rediss" : "redis")}://{endPoint}" : "");
    }
}
