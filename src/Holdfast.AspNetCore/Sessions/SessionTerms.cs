using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Sessions;

/// <summary>
/// What is declared of a request's session, by its endpoint or else by the options. How the session travels is settled when the request
/// arrives, because its cookies or headers are read then.
/// </summary>
internal sealed class SessionTerms(HttpContext context, HoldfastOptions options)
{
    /// <summary>How the session travels.</summary>
    public SessionTransport Transport { get; } = TransportOf(context, options);

    /// <summary>What happens when requests of the session run at the same time.</summary>
    public SessionConcurrency Concurrency => Of<SessionConcurrencyAttribute>(context)?.Concurrency ?? options.SessionConcurrency;

    /// <summary>Whether the request leaves the session's idle timeout alone.</summary>
    public bool IsPeek => Of<SessionPeekAttribute>(context) is not null;

    /// <exception cref="InvalidOperationException">The endpoint was not known when the request arrived, and wants its session by another way.</exception>
    public void Check()
    {
        if (TransportOf(context, options) is var declared && declared != Transport)
        {
            throw new InvalidOperationException(
                $"The endpoint takes its session by {declared}, which was not known when the request reached Holdfast: call app.UseRouting() ahead of app.UseHoldfast().");
        }
    }

    private static SessionTransport TransportOf(HttpContext context, HoldfastOptions options) =>
        Of<SessionTransportAttribute>(context)?.Transport ?? options.SessionTransport;

    private static T? Of<T>(HttpContext context)
        where T : class => context.GetEndpoint()?.Metadata.GetMetadata<T>();
}
