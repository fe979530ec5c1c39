using Holdfast.AspNetCore;

namespace Microsoft.AspNetCore.Builder;

/// <summary>What single endpoints, or groups of them, declare of their sessions.</summary>
public static class HoldfastEndpointConventionBuilderExtensions
{
    /// <summary>Says what happens when requests of one session run at the same time on these endpoints.</summary>
    public static TBuilder WithSessionConcurrency<TBuilder>(this TBuilder builder, SessionConcurrency concurrency)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint => endpoint.Metadata.Add(new SessionConcurrencyAttribute(concurrency)));
        return builder;
    }
}
