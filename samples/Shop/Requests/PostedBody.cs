using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Shop.Requests;

/// <summary>A request's body, read whole: as JSON, and for the fingerprint that makes a repeated request recognisable.</summary>
internal sealed class PostedBody
{
    /// <summary>Longest body.</summary>
    public const int MaxBytes = 16 << 10;

    private readonly byte[] bytes;

    private PostedBody(byte[] bytes) => this.bytes = bytes;

    public string Hash => Convert.ToHexStringLower(SHA256.HashData(bytes));

    public static async ValueTask<PostedBody> ReadAsync(HttpContext context)
    {
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        return new PostedBody(buffer.ToArray());
    }

    /// <summary>The body as JSON; refused when it is none, or lacks what <typeparamref name="T"/> needs.</summary>
    public T Json<T>(JsonTypeInfo<T> type, string what)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, type) ?? throw new JsonException("null");
        }
        catch (JsonException)
        {
            throw new RefusedException(StatusCodes.Status400BadRequest, $"The body must be a JSON object with {what}.");
        }
    }
}
