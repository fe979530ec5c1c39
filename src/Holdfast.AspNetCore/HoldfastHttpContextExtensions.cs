using Holdfast.AspNetCore;

namespace Microsoft.AspNetCore.Http;

/// <summary>Reaches the state of a request.</summary>
public static class HoldfastHttpContextExtensions
{
    /// <summary>The state plane as the request's client may see it.</summary>
    /// <param name="context">The request.</param>
    /// <exception cref="InvalidOperationException">The request did not pass <c>app.UseHoldfast()</c>.</exception>
    public static RequestState GetState(this HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Features.Get<RequestState>()
            ?? throw new InvalidOperationException("This request has no state: call app.UseHoldfast() ahead of the endpoint that asks for it.");
    }

    /// <summary>The request as a keyed one: its id, its plan and its steps.</summary>
    /// <param name="context">The request.</param>
    /// <exception cref="InvalidOperationException">The endpoint is not idempotent, or the request's method only reads.</exception>
    public static IdempotentRequest GetIdempotentRequest(this HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Features.Get<IdempotentRequest>()
            ?? throw new InvalidOperationException("This request is not idempotent: give its endpoint WithIdempotency() or [Idempotent]; GET, HEAD and other reading methods are not keyed.");
    }
}
