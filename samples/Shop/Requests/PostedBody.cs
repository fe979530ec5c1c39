using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Shop.Requests;

internal static class PostedBody
{
    /// <summary>Longest body.</summary>
    public const int MaxBytes = 16 << 10;

    /// <summary>The body as JSON; refused when it is none, or lacks what <typeparamref name="T"/> needs.</summary>
    public static async ValueTask<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type, string what)
        where T : class
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted) ?? throw new JsonException("null");
        }
        catch (JsonException)
        {
            throw new RefusedException(StatusCodes.Status400BadRequest, $"The body must be a JSON object with {what}.");
        }
    }
}
