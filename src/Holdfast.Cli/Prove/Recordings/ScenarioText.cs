using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Holdfast.Cli.Prove.Recordings;

/// <summary>Writes a scenario as a file for people to go on with.</summary>
internal static class ScenarioText
{
    /// <summary>The scenario, with a comment at its head.</summary>
    public static string Of(IEnumerable<StepDraft> steps, params ReadOnlySpan<string> comment)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        foreach (var line in comment)
        {
            text.WriteLine($"# {line}");
        }

        var root = new YamlMappingNode { { "steps", new YamlSequenceNode(steps.Select(NodeOf)) } };
        new YamlStream(new YamlDocument(root)).Save(new Emitter(text, new EmitterSettings(bestIndent: 2, bestWidth: int.MaxValue, isCanonical: false, maxSimpleKeyLength: 1024)), assignAnchors: false);
        return text.ToString().Replace("\n...\n", "\n", StringComparison.Ordinal);
    }

    private static YamlMappingNode NodeOf(StepDraft step)
    {
        var node = new YamlMappingNode { { "request", $"{step.Method} {step.Target}" } };
        if (step.Headers.Count > 0)
        {
            node.Add("headers", NodeOf(step.Headers));
        }

        if (step.Json is { } json)
        {
            node.Add("json", NodeOf(json));
        }
        else if (step.Form is { } form)
        {
            node.Add("form", NodeOf(form));
        }
        else if (step.Body is { } body)
        {
            node.Add("body", Quoted(body));
        }

        if (step.Captures.Count > 0)
        {
            node.Add("capture", NodeOf(step.Captures));
        }

        if (step.ExpectedStatus is { } status)
        {
            node.Add("expect", new YamlMappingNode { { "status", status.ToString(CultureInfo.InvariantCulture) } });
        }

        return node;
    }

    private static YamlMappingNode NodeOf(IEnumerable<KeyValuePair<string, string>> pairs)
    {
        var node = new YamlMappingNode();
        foreach (var (name, value) in pairs)
        {
            node.Children[name] = Quoted(value);
        }

        return node;
    }

    private static YamlNode NodeOf(JsonNode? node) => node switch
    {
        JsonObject map => new YamlMappingNode(map.Select(static entry => KeyValuePair.Create<YamlNode, YamlNode>(Quoted(entry.Key), NodeOf(entry.Value)))),
        JsonArray list => new YamlSequenceNode(list.Select(NodeOf)),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => Quoted(value.GetValue<string>()),
        null => new YamlScalarNode("null"),
        _ => new YamlScalarNode(node.ToJsonString()),
    };

    /// <summary>Text that stays text, whatever it looks like.</summary>
    private static YamlScalarNode Quoted(string text) => new(text) { Style = YamlDotNet.Core.ScalarStyle.DoubleQuoted };
}
