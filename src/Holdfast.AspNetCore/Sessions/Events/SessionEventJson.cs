using System.Text.Json.Serialization;

namespace Holdfast.AspNetCore.Sessions.Events;

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(SessionEventContent))]
internal sealed partial class SessionEventJson : JsonSerializerContext;
