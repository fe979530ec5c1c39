using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Holdfast.Cli.Prove.Recordings;
using Holdfast.Cli.Yaml;

namespace Holdfast.Cli.Prove.Scenarios;

/// <summary>Reads a scenario from disk: one that was written, or an HTTP archive or an OpenAPI document that one is made of.</summary>
internal static partial class ScenarioFile
{
    /// <summary>Largest file that is read, in bytes: archives hold all that a browser was sent.</summary>
    public const int MaxBytes = 64 << 20;

    /// <summary>The scenario's text; of an archive or a document that which is made of it.</summary>
    /// <exception cref="CommandException">It can't be read, or holds nothing that a scenario could be made of.</exception>
    public static string TextOf(string path)
    {
        var text = Text(path);
        try
        {
            return text.TrimStart() is ['{', ..] ? FromJson(text)
                : OpenApiLine().IsMatch(text) ? OpenApiScenario.Of(FromYaml(text))
                : text;
        }
        catch (Exception error) when (error is FormatException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new CommandException($"no scenario can be made of {path}: {error.Message}");
        }
    }

    /// <summary>Reads a scenario's text.</summary>
    /// <exception cref="CommandException">It has problems: all of them, each with its line.</exception>
    public static Scenario Read(string path, string text)
    {
        var (scenario, problems) = ScenarioParser.Parse(text);
        return problems.Count == 0
            ? scenario
            : throw new CommandException(string.Join('\n', problems.OrderBy(static problem => problem.Line).Select(problem => $"{path}:{problem.Line}: {problem.Message}")))
            {
                IsVerbatim = true,
            };
    }

    private static string FromJson(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.TryGetProperty("log", out _) ? RecordedScenario.Of(HarFile.Read(document.RootElement))
            : document.RootElement.TryGetProperty("openapi", out _) ? OpenApiScenario.Of(JsonNode.Parse(text)!.AsObject())
            : text;
    }

    private static JsonObject FromYaml(string text) =>
        YamlText.Read(text, "an OpenAPI document") is ({ } node, null) && YamlJson.Of(node, static (_, _) => { }) is JsonObject document
            ? document
            : throw new FormatException("it is no OpenAPI document that can be read");

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

    [GeneratedRegex(@"^openapi:\s*['""]?3", RegexOptions.Multiline)]
    private static partial Regex OpenApiLine();
}
