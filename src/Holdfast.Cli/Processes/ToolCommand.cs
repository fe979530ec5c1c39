namespace Holdfast.Cli.Processes;

/// <summary>How this tool starts another of its own commands.</summary>
internal static class ToolCommand
{
    public static IReadOnlyList<string> For(params IEnumerable<string> arguments)
    {
        var program = Environment.ProcessPath ?? "dotnet";
        return Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? [program, typeof(ToolCommand).Assembly.Location, .. arguments]
            : [program, .. arguments];
    }
}
