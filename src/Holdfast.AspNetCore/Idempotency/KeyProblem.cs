using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;

namespace Holdfast.AspNetCore.Idempotency;

/// <summary>Why a keyed request does not run, with the remedy, as RFC 9457 has it. Nothing of it is stored.</summary>
internal static class KeyProblem
{
    private const int RunningRetrySeconds = 1;

    public static Task InvalidAsync(HttpContext context, string remedy) => WriteAsync(context, StatusCodes.Status400BadRequest, remedy);

    public static Task MissingAsync(HttpContext context) => WriteAsync(
        context, StatusCodes.Status400BadRequest,
        "This needs an Idempotency-Key: send a header with a key that is new for each operation, such as a random UUID in quotes, and the same one with each repetition.");

    public static Task TooLargeAsync(HttpContext context, int maxBytes) => WriteAsync(
        context, StatusCodes.Status413PayloadTooLarge, string.Create(CultureInfo.InvariantCulture, $"The body is larger than the {maxBytes} bytes that this takes under an Idempotency-Key: send less."));

    public static Task OtherRequestAsync(HttpContext context) => WriteAsync(
        context, StatusCodes.Status422UnprocessableEntity, "This Idempotency-Key was used for another request: repeat that one exactly, or send this one with a new key.");

    public static Task RunningAsync(HttpContext context) => WriteAsync(
        context, StatusCodes.Status409Conflict, "A request with this Idempotency-Key is still running: repeat it in a moment, with the same key, to get its response.", RunningRetrySeconds);

    public static Task FullAsync(HttpContext context, int retryAfterSeconds) => WriteAsync(
        context, StatusCodes.Status503ServiceUnavailable, "There is no room for another Idempotency-Key: nothing was done. Repeat the request later, with the same key.", retryAfterSeconds);

    private static Task WriteAsync(HttpContext context, int status, string remedy, int? retryAfterSeconds = null)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.Headers.CacheControl = "no-store";
        if (retryAfterSeconds is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        var problem = new ProblemDetails { Status = status, Title = ReasonPhrases.GetReasonPhrase(status), Detail = remedy };
        return response.WriteAsJsonAsync(problem, options: null, contentType: "application/problem+json");
    }
}
