using System.Text.Json;

namespace Holdfast.Cli.Prove.Comparison;

/// <summary>The shape of a JSON value.</summary>
internal static class JsonShape
{
    public static Shape Of(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => new MapShape([.. json.EnumerateObject().Select(static property => KeyValuePair.Create(property.Name, Of(property.Value)))]),
        JsonValueKind.Array => new ListShape([.. json.EnumerateArray().Select(Of)]),
        JsonValueKind.String => ScalarShape.OfText(json.GetString()!),
        JsonValueKind.Number => new ScalarShape(ScalarKind.Number, json.GetRawText()),
        JsonValueKind.Null => new ScalarShape(ScalarKind.Null, "null"),
        _ => new ScalarShape(ScalarKind.Boolean, json.GetRawText()),
    };
}
