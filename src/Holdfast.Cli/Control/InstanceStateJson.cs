using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.Cli.Control;

/// <summary>States in lower case, as scripts are promised.</summary>
internal sealed class InstanceStateJson() : JsonStringEnumConverter<InstanceState>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);
