using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Holdfast.AspNetCore.Idempotency;

/// <summary>
/// Puts idempotency around the endpoints that declare it, by giving the request another endpoint with the same metadata. So it works alike for
/// whatever declares it (routes, groups, controllers, attributes on a lambda), also for Razor Pages, whose endpoints are made anew
/// after the conventions have run.
/// </summary>
internal sealed class IdempotentEndpoints(
    StateEngine engine, StoredCookies cookies, IdempotencyMeter meter, IOptions<HoldfastOptions> options)
{
    private readonly ConditionalWeakTable<Endpoint, Endpoint> idempotent = [];
    private readonly Claims claims = new(engine, meter, new KeyRoom(engine, options.Value.MaxIdempotencyBytes));

    /// <summary>Prepares a request to an endpoint that declares idempotency; others pass.</summary>
    /// <param name="context">The request.</param>
    /// <param name="response">The server's response.</param>
    public void Enter(HttpContext context, IHttpResponseFeature response)
    {
        if (context.GetEndpoint() is not { } declared)
        {
            return;
        }

        var chosen = For(declared);
        if (chosen != declared)
        {
            context.SetEndpoint(chosen);
        }

        Prepare(context, chosen, response);
    }

    /// <summary>The endpoint that runs in place of one that declares idempotency; of others, it is that one.</summary>
    public Endpoint For(Endpoint declared) =>
        declared.RequestDelegate is not null && declared.Metadata.GetMetadata<IIdempotencyMetadata>() is not null
        && declared.Metadata.GetMetadata<IdempotentEndpoint>() is null
            ? idempotent.GetValue(declared, Make)
            : declared;

    /// <summary>Prepares a request to an idempotent endpoint; others pass.</summary>
    public static void Prepare(HttpContext context, Endpoint chosen, IHttpResponseFeature response)
    {
        if (chosen.Metadata.GetMetadata<IdempotentEndpoint>() is { } endpoint && IdempotentEndpoint.IsKeyed(context))
        {
            IdempotencySupport.AnnounceOn(response, endpoint.Support);
            if (context.Request.Headers.ContainsKey(IdempotencyKey.HeaderName))
            {
                ArrivedBody.Keep(context, endpoint.Options.MaxRequestBytes);
            }
        }
    }

    private Endpoint Make(Endpoint declared)
    {
        var declarations = declared.Metadata.GetOrderedMetadata<IIdempotencyMetadata>();
        var chosen = declarations.OrderBy(static declaration => declaration.IsOnHandler)
            .Aggregate(options.Value.Idempotency, static (options, declaration) => declaration.Over(options));
        var problems = IdempotencyOptionsProblems.Of(chosen, $"IdempotencyOptions of {declared.DisplayName}").ToList();
        if (problems.Count > 0)
        {
            // Told by the request itself: routing stands outside of what handles exceptions.
            return new Endpoint(_ => throw new OptionsValidationException(nameof(IdempotencyOptions), typeof(IdempotencyOptions), problems), declared.Metadata, declared.DisplayName);
        }

        var endpoint = new IdempotentEndpoint(
            declared.RequestDelegate!, chosen, new KeyScope(options.Value.UserId, chosen.Affinity), claims, cookies, meter);
        var metadata = new EndpointMetadataCollection([.. declared.Metadata, endpoint]);
        return declared is RouteEndpoint route
            ? new RouteEndpoint(endpoint.InvokeAsync, route.RoutePattern, route.Order, metadata, route.DisplayName)
            : new Endpoint(endpoint.InvokeAsync, metadata, declared.DisplayName);
    }
}
