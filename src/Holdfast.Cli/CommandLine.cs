using System.CommandLine;

namespace Holdfast.Cli;

/// <summary>The tool's commands, each built by the feature that it belongs to.</summary>
internal static class CommandLine
{
    public static RootCommand Create()
    {
        var root = new RootCommand("Makes a web tier stateless: everything an instance would remember lives in a shared state plane below it.");
        return root;
    }

    public static Task<int> RunAsync(IReadOnlyList<string> args)
    {
        var parsed = Create().Parse(args);
        if (parsed.Errors.Count == 0)
        {
            // Commands that run until they are told to stop take the signals themselves.
            return parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
        }

        foreach (var error in parsed.Errors)
        {
            Console.Error.WriteLine($"holdfast: {error.Message}");
        }

        var path = string.Join(' ', PathOf(parsed.CommandResult));
        Console.Error.WriteLine($"Run '{path} --help' for what can be said.");
        return Task.FromResult(ExitCode.Usage);
    }

    private static IEnumerable<string> PathOf(System.CommandLine.Parsing.CommandResult result) =>
        result.Parent is System.CommandLine.Parsing.CommandResult parent
            ? PathOf(parent).Append(result.Command.Name)
            : ["holdfast"];
}
