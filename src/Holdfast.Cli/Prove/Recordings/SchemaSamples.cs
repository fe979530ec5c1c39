using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Holdfast.Cli.Prove.Recordings;

/// <summary>Makes values that fit an OpenAPI document's schemas: its examples and defaults where it has them, else the plainest value of the type.</summary>
internal sealed class SchemaSamples(JsonObject document)
{
    /// <summary>How deep schemas are followed; one may hold itself.</summary>
    private const int MaxDepth = 8;

    /// <summary>The JSON body of a request; null when it has none.</summary>
    public JsonNode? BodyOf(JsonNode? body) => ContentOf(body, isAnswer: false);

    /// <summary>The properties of the JSON object that an operation answers with when it succeeds; null when it does not say.</summary>
    public JsonObject? AnswerOf(JsonObject? operation)
    {
        var answer = (operation?["responses"] as JsonObject)?.Where(static response => response.Key.StartsWith('2')).Select(response => Resolve(response.Value)).FirstOrDefault();
        return ContentOf(answer, isAnswer: true) as JsonObject;
    }

    /// <summary>The query of an operation, with a question mark: its required parameters. Null when something is required that is neither there nor in the path.</summary>
    public string? QueryOf(JsonObject operations, JsonObject operation)
    {
        var query = new List<string>();
        foreach (var node in All(operations["parameters"]).Concat(All(operation["parameters"])))
        {
            var place = node["in"]?.GetValue<string>();
            if (node["required"]?.GetValueKind() != JsonValueKind.True || place == "path")
            {
                continue;
            }

            var name = node["name"]?.GetValue<string>() ?? "";
            if (place != "query" || (node["example"] ?? Of(node["schema"], name, 0, isAnswer: false)) is not JsonValue value)
            {
                return null;
            }

            query.Add($"{Uri.EscapeDataString(name)}={(value.TryGetValue<string>(out var text) ? text : value.ToJsonString())}");
        }

        return query.Count == 0 ? "" : "?" + string.Join('&', query);
    }

    /// <summary>What a reference within the document stands for.</summary>
    public JsonNode? Resolve(JsonNode? node)
    {
        for (var hops = 0; hops < MaxDepth && (node as JsonObject)?["$ref"]?.GetValue<string>() is { } reference; hops++)
        {
            node = reference.StartsWith("#/", StringComparison.Ordinal)
                ? reference[2..].Split('/').Aggregate((JsonNode?)document, static (at, part) => (at as JsonObject)?[part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)])
                : null;
        }

        return node;
    }

    private JsonNode? ContentOf(JsonNode? body, bool isAnswer)
    {
        var media = (Resolve(body) as JsonObject)?["content"] is JsonObject content
            ? content.FirstOrDefault(static type => type.Key.Contains("json", StringComparison.OrdinalIgnoreCase)).Value as JsonObject
            : null;
        return media is null ? null
            : media["example"]?.DeepClone()
                ?? (media["examples"] as JsonObject)?.Select(example => (Resolve(example.Value) as JsonObject)?["value"]).FirstOrDefault(static value => value is not null)?.DeepClone()
                ?? Of(media["schema"], "", 0, isAnswer);
    }

    private IEnumerable<JsonObject> All(JsonNode? list) => (list as JsonArray ?? []).Select(Resolve).OfType<JsonObject>();

    private JsonNode? Of(JsonNode? node, string name, int depth, bool isAnswer)
    {
        if (depth > MaxDepth || Resolve(node) is not JsonObject schema)
        {
            return null;
        }

        var given = schema["example"] ?? (schema["examples"] as JsonArray)?.FirstOrDefault() ?? schema["default"] ?? schema["const"] ?? (schema["enum"] as JsonArray)?.FirstOrDefault();
        if (given is not null)
        {
            return given.DeepClone();
        }

        if (schema["allOf"] is JsonArray all)
        {
            return Merged(all.Append(schema["properties"] is null ? null : new JsonObject { ["properties"] = schema["properties"]!.DeepClone() }).Select(part => Of(part, name, depth + 1, isAnswer)));
        }

        var choice = (schema["oneOf"] ?? schema["anyOf"]) as JsonArray;
        return choice is { Count: > 0 } ? Of(choice[0], name, depth + 1, isAnswer) : OfType(schema, name, depth, isAnswer);
    }

    private JsonNode? OfType(JsonObject schema, string name, int depth, bool isAnswer) => TypeOf(schema) switch
    {
        "object" => new JsonObject((schema["properties"] as JsonObject ?? [])
            .Where(property => (Resolve(property.Value) as JsonObject)?[isAnswer ? "writeOnly" : "readOnly"]?.GetValueKind() != JsonValueKind.True)
            .Select(property => KeyValuePair.Create(property.Key, Of(property.Value, property.Key, depth + 1, isAnswer)))),
        "array" => Of(schema["items"], name, depth + 1, isAnswer) is { } item ? new JsonArray(item) : new JsonArray(),
        "integer" => JsonValue.Create((long)Math.Ceiling(NumberOf(schema["minimum"]) ?? 1)),
        "number" => JsonValue.Create(NumberOf(schema["minimum"]) ?? 1.5),
        "boolean" => JsonValue.Create(true),
        "null" => null,
        _ => JsonValue.Create(TextOf(schema, name)),
    };

    /// <summary>A type may be a list of which one is null (OpenAPI 3.1).</summary>
    private static string? TypeOf(JsonObject schema) => schema["type"] switch
    {
        JsonArray types => types.Select(static type => type?.GetValue<string>()).FirstOrDefault(static type => type != "null"),
        JsonValue type => type.GetValue<string>(),
        _ => schema["properties"] is null ? null : "object",
    };

    private static string TextOf(JsonObject schema, string name) => schema["format"]?.GetValue<string>() switch
    {
        "date-time" => "2030-01-01T00:00:00Z",
        "date" => "2030-01-01",
        "uuid" => "3f2b8a52-6f0d-4c1e-9a44-0d6c7f1b2e55",
        "email" => "{{unique}}@example.com",
        "uri" or "url" => "https://example.com/{{unique}}",
        _ => NumberOf(schema["maxLength"]) is < 12 and var most ? "abcdefghijkl"[..(int)most] : name.Length == 0 ? "{{unique}}" : $"{name} {{{{unique}}}}",
    };

    private static JsonObject Merged(IEnumerable<JsonNode?> parts)
    {
        var merged = new JsonObject();
        foreach (var (key, value) in parts.OfType<JsonObject>().SelectMany(static part => part))
        {
            merged[key] = value?.DeepClone();
        }

        return merged;
    }

    private static double? NumberOf(JsonNode? node) =>
        node is JsonValue value && double.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
}
