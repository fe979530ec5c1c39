using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Holdfast.AspNetCore.Requests;

/// <summary>What a client is told when the state plane failed its request: 503 and when to come again, or 413 for what is too large.</summary>
internal static class FaultAnswer
{
    private const int RetryAfterSeconds = 1;

    public static int StatusCodeOf(StateException fault) =>
        fault is StateLimitException ? StatusCodes.Status413PayloadTooLarge : StatusCodes.Status503ServiceUnavailable;

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
        state.TellLoss();
        response.ContentType = "text/plain; charset=utf-8";
        if (fault is StateLimitException)
        {
            return response.WriteAsync(fault.Message + "\n");
        }

        response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        return response.WriteAsync("The state that this request needs is not available. Repeat it in a moment.\n");
    }
}
