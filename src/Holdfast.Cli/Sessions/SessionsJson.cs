using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.Cli.Sessions;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ListedSessions))]
[JsonSerializable(typeof(EndedSessions))]
internal sealed partial class SessionsJson : JsonSerializerContext
{
    /// <summary>With a plus sign as itself, for output that people read too; it is put in no web page.</summary>
    public static SessionsJson Readable => new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
