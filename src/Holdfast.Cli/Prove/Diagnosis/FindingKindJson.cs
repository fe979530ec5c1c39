using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.Cli.Prove.Diagnosis;

/// <summary>Kinds as JSON and people read them: <c>process-memory</c>.</summary>
internal sealed class FindingKindJson() : JsonStringEnumConverter<FindingKind>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false)
{
    public static string Text(FindingKind kind) => JsonNamingPolicy.KebabCaseLower.ConvertName(kind.ToString());
}
