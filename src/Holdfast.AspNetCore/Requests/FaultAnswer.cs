using System.Globalization;
using Holdfast.AspNetCore.Idempotency;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Holdfast.AspNetCore.Requests;

/// <summary>
/// What a client is told when the state plane failed its request: 503 and when to come again, 409 for a conflict that was declared to be
/// one, or 413 for what is too large. As plain text to whoever asks for a page, otherwise as RFC 9457 has it.
/// </summary>
internal static class FaultAnswer
{
    private const int RetryAfterSeconds = 1;

    public static int StatusCodeOf(StateException fault) => fault switch
    {
        StateLimitException => StatusCodes.Status413PayloadTooLarge,
        RequestConflictException or SessionLimitException => StatusCodes.Status409Conflict,
        UnstorableResponseException => StatusCodes.Status500InternalServerError,
        _ => StatusCodes.Status503ServiceUnavailable,
    };

    /// <summary>Answers in place of the handler: what it set is thrown away, what stood in the headers before it stays.</summary>
    public static Task WriteAsync(
        HttpContext context, RequestState state, StateException fault, KeyValuePair<string, StringValues>[] headersBefore)
    {
        var response = context.Response;
        response.StatusCode = StatusCodeOf(fault);
        context.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = null;
        response.Headers.Clear();
        foreach (var (name, value) in headersBefore)
        {
            response.Headers[name] = value;
        }

        response.Headers.CacheControl = "no-store";
        state.TellWhatWasMade();
        if (response.StatusCode == StatusCodes.Status503ServiceUnavailable)
        {
            response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }

        return WriteBodyAsync(context, TextOf(fault));
    }

    private static string TextOf(StateException fault) => fault switch
    {
        StateLimitException or SessionLimitException or UnstorableResponseException => fault.Message,
        RequestConflictException => fault.Message + " Read again, and repeat the request if it still makes sense.",
        _ => "The state that this request needs is not available. Repeat it in a moment.",
    };

    private static Task WriteBodyAsync(HttpContext context, string text)
    {
        var response = context.Response;
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return Task.CompletedTask;
        }

        if (context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase))
        {
            response.ContentType = "text/plain; charset=utf-8";
            return response.WriteAsync(text + "\n");
        }

        var problem = new ProblemDetails { Status = response.StatusCode, Title = ReasonPhrases.GetReasonPhrase(response.StatusCode), Detail = text };
        return response.WriteAsJsonAsync(problem, options: null, contentType: "application/problem+json");
    }
}
