using Holdfast.AspNetCore;
using Holdfast.AspNetCore.Idempotency;

namespace Microsoft.AspNetCore.Builder;

/// <summary>What single endpoints, or groups of them, declare of their sessions and of idempotency.</summary>
public static class HoldfastEndpointConventionBuilderExtensions
{
    /// <summary>Says what happens when requests of one session run at the same time on these endpoints.</summary>
    public static TBuilder WithSessionConcurrency<TBuilder>(this TBuilder builder, SessionConcurrency concurrency)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint => endpoint.Metadata.Add(new SessionConcurrencyAttribute(concurrency)));
        return builder;
    }

    /// <summary>Has requests to these endpoints not slide the session's idle timeout, unless they change the session.</summary>
    public static TBuilder WithSessionPeek<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(static endpoint => endpoint.Metadata.Add(new SessionPeekAttribute()));
        return builder;
    }

    /// <summary>Says how the session travels on these endpoints.</summary>
    public static TBuilder WithSessionTransport<TBuilder>(this TBuilder builder, SessionTransport transport)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint => endpoint.Metadata.Add(new SessionTransportAttribute(transport)));
        return builder;
    }

    /// <summary>
    /// Has the POST, PATCH, PUT and DELETE requests of these endpoints take effect once for each <c>Idempotency-Key</c>: repeated, they get the first one's
    /// response. For routes, groups, controllers and pages; it needs <c>app.UseHoldfast()</c>. Reading requests pass.
    /// </summary>
    /// <param name="builder">The endpoints.</param>
    /// <param name="change">Changes the options of <see cref="HoldfastOptions.Idempotency"/>, or what a group around says.</param>
    public static TBuilder WithIdempotency<TBuilder>(this TBuilder builder, Func<IdempotencyOptions, IdempotencyOptions>? change = null)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint => endpoint.Metadata.Add(new IdempotencyMetadata(change)));
        builder.Finally(static endpoint =>
        {
            if (endpoint.RequestDelegate is { } handler)
            {
                endpoint.RequestDelegate = context =>
                {
                    IdempotentEndpoint.DemandAt(context);
                    return handler(context);
                };
            }
        });
        return builder;
    }
}
