using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
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
    private const int MemoryBytes = 32 << 10;

    /// <summary>How far a body that somebody reads ahead of the endpoint may go beyond the limit, so that the endpoint is there to refuse it.</summary>
    private const int Slack = 64 << 10;

    private readonly ConditionalWeakTable<Endpoint, Endpoint> idempotent = [];
    private readonly Claims claims = new(engine, meter, new KeyRoom(engine, options.Value.MaxIdempotencyBytes));

    /// <summary>Prepares a request to an endpoint that declares idempotency; others pass.</summary>
    /// <param name="context">The request.</param>
    /// <param name="response">The server's response.</param>
    public void Enter(HttpContext context, IHttpResponseFeature response)
    {
        if (context.GetEndpoint() is not { RequestDelegate: not null } declared || declared.Metadata.GetMetadata<IIdempotencyMetadata>() is null)
        {
            return;
        }

        var made = idempotent.GetValue(declared, Make);
        context.SetEndpoint(made);
        if (IdempotentEndpoint.IsKeyed(context.Request.Method))
        {
            var endpoint = made.Metadata.GetMetadata<IdempotentEndpoint>()!;
            IdempotencySupport.AnnounceOn(response, endpoint.Support);
            MakeRewindable(context, endpoint.Options.MaxRequestBytes);
        }
    }

    /// <summary>So that the body can be read for the fingerprint and again by the handler, and before both by whoever wants a form's token.</summary>
    private static void MakeRewindable(HttpContext context, int maxBytes)
    {
        var request = context.Request;
        if (request.Headers.ContainsKey(IdempotencyKey.HeaderName) && !request.Body.CanSeek
            && context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: false })
        {
            var body = new FileBufferingReadStream(request.Body, MemoryBytes, (long)maxBytes + Slack, Path.GetTempPath());
            request.Body = body;
            context.Response.RegisterForDisposeAsync(body);
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
            throw new OptionsValidationException(nameof(IdempotencyOptions), typeof(IdempotencyOptions), problems);
        }

        var endpoint = new IdempotentEndpoint(
            declared.RequestDelegate!, chosen, new KeyScope(options.Value.UserId, chosen.Affinity), claims, cookies, meter);
        var metadata = new EndpointMetadataCollection([.. declared.Metadata, endpoint]);
        return declared is RouteEndpoint route
            ? new RouteEndpoint(endpoint.InvokeAsync, route.RoutePattern, route.Order, metadata, route.DisplayName)
            : new Endpoint(endpoint.InvokeAsync, metadata, declared.DisplayName);
    }
}
