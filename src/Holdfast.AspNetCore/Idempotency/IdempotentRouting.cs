using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.AspNetCore.Idempotency;

/// <summary>
/// Has routing choose the idempotent endpoint in place of the one that declares it, wherever in the pipeline routing stands: so no request
/// reaches the latter, and the former fails where <c>app.UseHoldfast()</c> is missing.
/// </summary>
internal sealed class IdempotentRouting(IServiceProvider services) : MatcherPolicy, IEndpointSelectorPolicy
{
    /// <summary>Asked for when the first request comes: the engine is opened by then, which routing's own making does not wait for.</summary>
    private readonly Lazy<IdempotentEndpoints> idempotent = new(services.GetRequiredService<IdempotentEndpoints>);

    /// <summary>After whatever makes endpoints while it chooses, as Razor Pages do.</summary>
    public override int Order => int.MaxValue;

    /// <summary>What a page or dynamic endpoint declares is known once it is made.</summary>
    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => endpoints.Any(static endpoint =>
        endpoint.Metadata.GetMetadata<IIdempotencyMetadata>() is not null
        || endpoint.Metadata.GetMetadata<PageActionDescriptor>() is not null
        || ContainsDynamicEndpoints([endpoint]));

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        var isFirst = true;
        for (var i = 0; i < candidates.Count; i++)
        {
            if (candidates.IsValidCandidate(i) && candidates[i].Endpoint is { } declared)
            {
                var chosen = idempotent.Value.For(declared);
                candidates.ReplaceEndpoint(i, chosen, candidates[i].Values);
                if (isFirst && httpContext.Features.Get<RequestState>() is not null)
                {
                    // Holdfast saw the request before there was an endpoint: what it does on entering is done now.
                    IdempotentEndpoints.Prepare(httpContext, chosen, httpContext.Features.GetRequiredFeature<IHttpResponseFeature>());
                }

                isFirst = false;
            }
        }

        return Task.CompletedTask;
    }
}
