using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Sessions;

/// <summary>
/// What is declared of a request's session, by its endpoint or else by the options. How the session travels is settled when the request
/// arrives, because its cookies or headers are read then; what happens with parallel requests, when the session is first used.
/// </summary>
internal sealed class SessionTerms
{
    private readonly HttpContext context;
    private readonly HoldfastOptions options;
    private Endpoint? endpoint;
    private bool isUsed;

    public SessionTerms(HttpContext context, HoldfastOptions options)
    {
        (this.context, this.options, endpoint) = (context, options, context.GetEndpoint());
        (Transport, Concurrency) = (TransportOf(endpoint), ConcurrencyOf(endpoint));
    }

    /// <summary>How the session travels.</summary>
    public SessionTransport Transport { get; }

    /// <summary>What happens when requests of the session run at the same time, as far as is known by now.</summary>
    public SessionConcurrency Concurrency { get; private set; }

    /// <summary>Whether the request leaves the session's idle timeout alone.</summary>
    public bool IsPeek => context.GetEndpoint()?.Metadata.GetMetadata<SessionPeekAttribute>() is not null;

    /// <summary>
    /// The session is used. Returns whether another <see cref="Concurrency"/> turns out to be declared than was known so far. An endpoint that takes
    /// over later on, such as an error page's, changes nothing.
    /// </summary>
    /// <exception cref="InvalidOperationException">The endpoint became known too late for what it declares.</exception>
    public bool Use()
    {
        var current = context.GetEndpoint();
        if (isUsed && current == endpoint)
        {
            return false;
        }

        if (TransportOf(current) is var transport && transport != Transport)
        {
            throw TooLate($"takes its session by {transport}, which was not known when the request reached Holdfast");
        }

        if (isUsed && endpoint is not null)
        {
            return false;
        }

        var declared = ConcurrencyOf(current);
        var isOther = declared != Concurrency;
        if (isUsed && isOther)
        {
            throw TooLate($"declares {declared} of its session, which was not known when the session was first used");
        }

        (endpoint, Concurrency, isUsed) = (current, declared, true);
        return isOther;
    }

    private SessionTransport TransportOf(Endpoint? of) => of?.Metadata.GetMetadata<SessionTransportAttribute>()?.Transport ?? options.SessionTransport;

    private SessionConcurrency ConcurrencyOf(Endpoint? of) =>
        of?.Metadata.GetMetadata<SessionConcurrencyAttribute>()?.Concurrency ?? options.SessionConcurrency;

    private static InvalidOperationException TooLate(string what) =>
        new($"The endpoint {what}: call app.UseRouting() ahead of app.UseHoldfast().");
}
