using System.CommandLine;
using System.CommandLine.Parsing;
using Holdfast.Cli.Down;
using Holdfast.Cli.Drain;
using Holdfast.Cli.Gateway;
using Holdfast.Cli.Node;
using Holdfast.Cli.Prove;
using Holdfast.Cli.Reload;
using Holdfast.Cli.Roll;
using Holdfast.Cli.Scale;
using Holdfast.Cli.Sessions;
using Holdfast.Cli.Status;
using Holdfast.Cli.Up;

namespace Holdfast.Cli;

/// <summary>The tool's commands, each built by the feature that it belongs to.</summary>
internal static class CommandLine
{
    public static RootCommand Create()
    {
        var root = new RootCommand("Makes a web tier stateless: everything an instance would remember lives in a shared state plane below it.");
        root.Subcommands.Add(UpCommand.Create());
        root.Subcommands.Add(StatusCommand.Create());
        root.Subcommands.Add(ScaleCommand.Create());
        root.Subcommands.Add(RollCommand.Create());
        root.Subcommands.Add(DrainCommand.Create());
        root.Subcommands.Add(ReloadCommand.Create());
        root.Subcommands.Add(DownCommand.Create());
        root.Subcommands.Add(SessionsCommand.Create());
        root.Subcommands.Add(GatewayCommand.Create());
        root.Subcommands.Add(NodeCommand.Create());
        root.Subcommands.Add(ProveCommand.Create());
        return root;
    }

    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        var parsed = Create().Parse(args);
        if (parsed.Errors.Count == 0)
        {
            return await InvokeAsync(parsed);
        }

        foreach (var error in parsed.Errors)
        {
            Console.Error.WriteLine($"holdfast: {error.Message}");
        }

        var path = string.Join(' ', PathOf(parsed.CommandResult));
        Console.Error.WriteLine($"Run '{path} --help' for what can be said.");
        return ExitCode.Usage;
    }

    private static async Task<int> InvokeAsync(ParseResult parsed)
    {
        try
        {
            // Commands that run until they are told to stop take the signals themselves.
            var configuration = new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false };
            return await parsed.InvokeAsync(configuration);
        }
        catch (CommandException error)
        {
            await Console.Error.WriteLineAsync(error.IsVerbatim ? error.Message : $"holdfast: {error.Message}");
            return ExitCode.Failed;
        }
    }

    private static IEnumerable<string> PathOf(CommandResult result) =>
        result.Parent is CommandResult parent
            ? PathOf(parent).Append(result.Command.Name)
            : ["holdfast"];
}
