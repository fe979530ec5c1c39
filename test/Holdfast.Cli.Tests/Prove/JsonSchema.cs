using System.Text.Json;
using Holdfast.TestServers;

namespace Holdfast.Cli.Tests.Prove;

/// <summary>The part of JSON Schema (2020-12) that this repository's schemas use: types, required, enum, properties, items, names and references.</summary>
internal sealed class JsonSchema(JsonElement root)
{
    public static JsonSchema Load(string path) => new(JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, path))).RootElement);

    /// <summary>What a document has that the schema doesn't allow, each with its place.</summary>
    public IReadOnlyList<string> Problems(JsonElement document)
    {
        var problems = new List<string>();
        Check(root, document, "$", problems);
        return problems;
    }

    private void Check(JsonElement schema, JsonElement value, string path, List<string> problems)
    {
        if (schema.TryGetProperty("$ref", out var reference))
        {
            schema = reference.GetString()!.Split('/').Skip(1).Aggregate(root, static (found, name) => found.GetProperty(name));
        }

        if (schema.TryGetProperty("enum", out var allowed) && !allowed.EnumerateArray().Any(one => JsonElement.DeepEquals(one, value)))
        {
            problems.Add($"{path} is {value}, none of {allowed}");
        }

        if (schema.TryGetProperty("type", out var type) && !Types(type).Any(name => IsA(value, name)))
        {
            problems.Add($"{path} is {value.ValueKind}, not {type}");
            return;
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            CheckObject(schema, value, path, problems);
        }
        else if (value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out var items))
        {
            foreach (var (index, item) in value.EnumerateArray().Index())
            {
                Check(items, item, $"{path}[{index}]", problems);
            }
        }
    }

    private void CheckObject(JsonElement schema, JsonElement value, string path, List<string> problems)
    {
        if (schema.TryGetProperty("required", out var required))
        {
            problems.AddRange(required.EnumerateArray().Select(static name => name.GetString()!).Where(name => !value.TryGetProperty(name, out _)).Select(name => $"{path} lacks {name}"));
        }

        foreach (var property in value.EnumerateObject())
        {
            if (schema.TryGetProperty("propertyNames", out var names))
            {
                Check(names, JsonSerializer.SerializeToElement(property.Name), $"{path}, the name {property.Name}", problems);
            }

            if ((schema.TryGetProperty("properties", out var properties) && properties.TryGetProperty(property.Name, out var own))
                || schema.TryGetProperty("additionalProperties", out own))
            {
                Check(own, property.Value, $"{path}.{property.Name}", problems);
            }
        }
    }

    private static IEnumerable<string> Types(JsonElement type) =>
        type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(static name => name.GetString()!) : [type.GetString()!];

    private static bool IsA(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        _ => throw new ArgumentException($"The type {type} is not one that schemas here use."),
    };
}
