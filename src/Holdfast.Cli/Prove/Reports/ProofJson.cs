using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.Cli.Prove.Reports;

/// <summary>Writes a result as JSON.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(ProofDocument))]
internal sealed partial class ProofJson : JsonSerializerContext
{
    public static string Of(ProofResult result)
    {
        // Signs such as plus and less-than as themselves, for people who read it; it is put in no web page.
        var readable = new ProofJson(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        return JsonSerializer.Serialize(Reports.ProofDocument.Of(result), readable.ProofDocument);
    }
}
