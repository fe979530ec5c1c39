using System.Text.Json.Nodes;

namespace Holdfast.Cli.Prove.Recordings;

/// <summary>A step of a scenario that is being written.</summary>
internal sealed class StepDraft(string method, string target)
{
    public string Method { get; } = method;

    /// <summary>Path and query.</summary>
    public string Target { get; set; } = target;

    public List<KeyValuePair<string, string>> Headers { get; } = [];

    public JsonNode? Json { get; set; }

    public List<KeyValuePair<string, string>>? Form { get; set; }

    public string? Body { get; set; }

    /// <summary>Names, and where in the answer what they stand for lies.</summary>
    public Dictionary<string, string> Captures { get; } = [];

    public int? ExpectedStatus { get; init; }
}
