using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Holdfast.Cli.Prove.Scenarios;

/// <summary>YAML read as JSON, by YAML's JSON schema (YAML 1.2, 10.2): what is quoted is text, what is not may be a number, true, false or null.</summary>
internal static partial class YamlJson
{
    public static JsonNode? Of(YamlNode node, Action<int, string> report) => node switch
    {
        YamlMappingNode mapping => OfMapping(mapping, report),
        YamlSequenceNode sequence => new JsonArray([.. sequence.Children.Select(item => Of(item, report))]),
        YamlScalarNode { Style: ScalarStyle.Plain } scalar => OfPlain(scalar.Value ?? ""),
        YamlScalarNode scalar => JsonValue.Create(scalar.Value ?? ""),
        _ => null,
    };

    private static JsonObject OfMapping(YamlMappingNode mapping, Action<int, string> report)
    {
        var map = new JsonObject();
        foreach (var (key, value) in mapping.Children)
        {
            if (key is YamlScalarNode { Value: { } name })
            {
                map[name] = Of(value, report);
            }
            else
            {
                // What {{name}} without quotes is in YAML: a mapping whose key is a mapping.
                report((int)key.Start.Line, "a key in JSON is plain text; a value in double braces needs quotes: \"{{unique}}\"");
            }
        }

        return map;
    }

    private static JsonValue? OfPlain(string text) => text switch
    {
        "" or "~" or "null" => null,
        "true" => JsonValue.Create(true),
        "false" => JsonValue.Create(false),
        _ when WholeNumber().IsMatch(text) && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => JsonValue.Create(whole),
        _ when Number().IsMatch(text) && double.TryParse(text, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => JsonValue.Create(number),
        _ => JsonValue.Create(text),
    };

    [GeneratedRegex("^-?(0|[1-9][0-9]*)$")]
    private static partial Regex WholeNumber();

    [GeneratedRegex(@"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$")]
    private static partial Regex Number();
}
