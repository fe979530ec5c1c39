using Holdfast.AspNetCore.Sessions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Holdfast.AspNetCore.Idempotency;

/// <summary>Takes the response of a keyed request, once it is complete.</summary>
/// <param name="response">The response.</param>
/// <param name="arrived">The session that the request came with.</param>
/// <param name="stored">Seals the application's cookies.</param>
/// <param name="maxBytes">How much is stored.</param>
internal sealed class ResponseCapture(HttpResponse response, SessionReference? arrived, StoredCookies stored, int maxBytes)
{
    /// <summary>The headers that stood before the endpoint ran.</summary>
    private readonly Dictionary<string, StringValues> before = response.Headers.ToDictionary(StringComparer.OrdinalIgnoreCase);

    public int MaxBytes => maxBytes;

    /// <exception cref="UnstorableResponseException">It is longer than is stored.</exception>
    public StoredResponse Take(ReadOnlySpan<byte> body)
    {
        var taken = StoredResponse.Of(response, before, body, Cookies());
        return taken.Bytes <= maxBytes ? taken : throw UnstorableResponseException.TooLong(maxBytes);
    }

    /// <summary>Only a client that came with a session can prove to be the same; of others no cookie is stored.</summary>
    private byte[]? Cookies()
    {
        var own = response.Headers.SetCookie.OfType<string>().Except(before.GetValueOrDefault("Set-Cookie").OfType<string>()).ToArray();
        return arrived is null || own.Length == 0 ? null : stored.Seal(own);
    }
}
