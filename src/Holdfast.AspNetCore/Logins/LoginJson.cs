using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.AspNetCore.Logins;

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Login))]
internal sealed partial class LoginJson : JsonSerializerContext
{
    public static byte[] Format(Login login) => JsonSerializer.SerializeToUtf8Bytes(login, Default.Login);

    /// <summary>The login, or null when the bytes are none.</summary>
    public static Login? Read(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, Default.Login);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
