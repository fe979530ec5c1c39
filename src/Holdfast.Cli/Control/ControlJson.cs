using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Cli.Status;

namespace Holdfast.Cli.Control;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, Converters = [typeof(InstanceStateJson)])]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(ControlAnswer))]
[JsonSerializable(typeof(TopologyStatus))]
internal sealed partial class ControlJson : JsonSerializerContext
{
    /// <summary>With a plus sign as itself, for output that people read too; it is put in no web page.</summary>
    public static ControlJson Readable => new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
