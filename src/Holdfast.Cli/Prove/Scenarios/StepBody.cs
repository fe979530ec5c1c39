using System.Text.Json.Nodes;

namespace Holdfast.Cli.Prove.Scenarios;

/// <summary>What a request carries.</summary>
internal abstract record StepBody
{
    /// <summary>The names in braces that the body needs.</summary>
    public abstract IEnumerable<string> Names { get; }
}

/// <summary>A JSON value, in whose texts names stand for values; a text that is one name only becomes the value itself.</summary>
internal sealed record JsonBody(JsonNode? Value) : StepBody
{
    public override IEnumerable<string> Names => NamesIn(Value);

    /// <summary>The JSON text of one run.</summary>
    public string Render(IReadOnlyDictionary<string, CapturedValue> values) => Filled(Value, values)?.ToJsonString() ?? "null";

    private static IEnumerable<string> NamesIn(JsonNode? node) => node switch
    {
        JsonObject map => map.SelectMany(static entry => new Template(entry.Key).Names.Concat(NamesIn(entry.Value))),
        JsonArray list => list.SelectMany(NamesIn),
        JsonValue value when value.TryGetValue<string>(out var text) => new Template(text).Names,
        _ => [],
    };

    private static JsonNode? Filled(JsonNode? node, IReadOnlyDictionary<string, CapturedValue> values) => node switch
    {
        JsonObject map => new JsonObject(map.Select(entry => KeyValuePair.Create(new Template(entry.Key).Render(values), Filled(entry.Value, values)))),
        JsonArray list => new JsonArray([.. list.Select(item => Filled(item, values))]),
        JsonValue value when value.TryGetValue<string>(out var text) => FilledText(new Template(text), values),
        _ => node?.DeepClone(),
    };

    private static JsonNode? FilledText(Template template, IReadOnlyDictionary<string, CapturedValue> values) =>
        template.SoleName is { } name && values[name].Json is { } json
            ? JsonNode.Parse(json)
            : JsonValue.Create(template.Render(values));
}

/// <summary>Form fields. The hidden inputs of the page that the form stands on are carried along.</summary>
internal sealed record FormBody(IReadOnlyList<NamedTemplate> Fields) : StepBody
{
    public override IEnumerable<string> Names => Fields.SelectMany(static input => input.Value.Names);
}

/// <summary>Any other text.</summary>
internal sealed record TextBody(Template Text) : StepBody
{
    public override IEnumerable<string> Names => Text.Names;
}
