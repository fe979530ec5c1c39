using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Holdfast.AspNetCore.Idempotency;

/// <summary>Takes the response of a keyed request, once it is complete.</summary>
/// <param name="response">The response.</param>
/// <param name="before">The headers that stood before the endpoint ran.</param>
/// <param name="maxBytes">How much is stored.</param>
internal sealed class ResponseCapture(HttpResponse response, IReadOnlyDictionary<string, StringValues> before, int maxBytes)
{
    public int MaxBytes => maxBytes;

    /// <exception cref="UnstorableResponseException">It is longer than is stored.</exception>
    public StoredResponse Take(ReadOnlySpan<byte> body)
    {
        var taken = StoredResponse.Of(response, before, body);
        return taken.Bytes <= maxBytes ? taken : throw UnstorableResponseException.TooLong(maxBytes);
    }
}
