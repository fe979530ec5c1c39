namespace Holdfast.Cli.Prove.Scenarios;

/// <summary>Reads a scenario from disk.</summary>
internal static class ScenarioFile
{
    /// <summary>Largest file that is read, in bytes.</summary>
    public const int MaxBytes = 1 << 20;

    /// <exception cref="CommandException">It can't be read, or has problems: all of them, each with its line.</exception>
    public static Scenario Read(string path)
    {
        var (scenario, problems) = ScenarioParser.Parse(Text(path));
        return problems.Count == 0
            ? scenario
            : throw new CommandException(string.Join('\n', problems.OrderBy(static problem => problem.Line).Select(problem => $"{path}:{problem.Line}: {problem.Message}")))
            {
                IsVerbatim = true,
            };
    }

    private static string Text(string path)
    {
        if (!File.Exists(path))
        {
            throw new CommandException($"{path} does not exist: name the file that holds the scenario");
        }

        try
        {
            return new FileInfo(path).Length <= MaxBytes
                ? File.ReadAllText(path)
                : throw new CommandException($"{path} is larger than {MaxBytes} bytes: that is no scenario");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path} can't be read: {error.Message}");
        }
    }
}
