using System.Security.Cryptography;
using System.Text;
using Holdfast;

namespace Shop.Requests;

/// <summary>
/// A client's name for a request that it may have to repeat (draft-ietf-httpapi-idempotency-key-header). It becomes the
/// commit's request id: the same request takes effect once, and another one under the same key is refused with 422.
/// </summary>
internal sealed class IdempotencyKey
{
    private const int MaxLength = 255;

    private IdempotencyKey(string scoped, string fingerprint) => (Scoped, Fingerprint) = (scoped, fingerprint);

    /// <summary>The key among those of everybody: nobody's key can meet another's.</summary>
    public string Scoped { get; }

    /// <summary>What the request was, for telling a repetition from another request.</summary>
    public string Fingerprint { get; }

    public RequestId RequestId => new(Scoped) { Fingerprint = Fingerprint };

    /// <summary>The key of the request, if its client gave one.</summary>
    /// <param name="context">The request.</param>
    /// <param name="principal">Who sent it.</param>
    /// <param name="body">Its body.</param>
    public static IdempotencyKey? Of(HttpContext context, string principal, PostedBody body)
    {
        var request = context.Request;
        if (!request.Headers.TryGetValue("Idempotency-Key", out var header))
        {
            return null;
        }

        return header is [{ Length: > 0 and <= MaxLength } key]
            ? Named(principal, key, $"{request.Method} {request.Path} {body.Hash}")
            : throw new RefusedException(StatusCodes.Status400BadRequest, $"One Idempotency-Key of 1 to {MaxLength} characters, please.");
    }

    public static IdempotencyKey Named(string principal, string key, string request) =>
        new(Hash($"{principal}\n{key}"), Hash(request));

    public static RefusedException UsedForAnother() =>
        new(StatusCodes.Status422UnprocessableEntity, "This Idempotency-Key was used for another request: give each request a key of its own.");

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
