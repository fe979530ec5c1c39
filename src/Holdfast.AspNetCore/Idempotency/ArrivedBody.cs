using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace Holdfast.AspNetCore.Idempotency;

/// <summary>The body of a keyed request as it arrived, kept while the request runs: it is read for the fingerprint, whatever was made of it by then, and again by the handler.</summary>
/// <param name="Content">The body, which can be read again.</param>
internal sealed record ArrivedBody(Stream Content)
{
    private const int MemoryBytes = 32 << 10;

    /// <summary>How far a body that somebody reads ahead of the endpoint may go beyond the limit, so that the endpoint is there to refuse it.</summary>
    private const int Slack = 64 << 10;

    /// <summary>Keeps the body, ahead of whoever wraps it or wants a form's token.</summary>
    /// <exception cref="InvalidOperationException">It has been read.</exception>
    public static void Keep(HttpContext context, int maxBytes)
    {
        if (context.Features.Get<ArrivedBody>() is not null || context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            return;
        }

        if (!context.Request.Body.CanSeek && context.Features.Get<IFormFeature>()?.Form is not null)
        {
            throw new InvalidOperationException(
                "The form of this request to an idempotent endpoint was read before app.UseHoldfast() and app.UseRouting() saw it: call both ahead of what reads forms.");
        }

        context.Features.Set(new ArrivedBody(MakeRewindable(context, maxBytes)));
    }

    /// <summary>Has the request's body be one that can be read again, up to a little more than so many bytes.</summary>
    public static Stream MakeRewindable(HttpContext context, int maxBytes)
    {
        if (!context.Request.Body.CanSeek)
        {
            var kept = new FileBufferingReadStream(context.Request.Body, MemoryBytes, (long)maxBytes + Slack, Path.GetTempPath());
            context.Response.RegisterForDisposeAsync(kept);
            context.Request.Body = kept;
        }

        return context.Request.Body;
    }
}
