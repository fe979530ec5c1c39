using System.Diagnostics;
using System.Globalization;
using Holdfast.Gateway.Forwarding;
using Holdfast.Gateway.Hosting;
using Holdfast.Gateway.Repeating;
using Holdfast.Gateway.Routing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.Gateway.Telemetry;

/// <summary>Takes note of each request that is over: counters, span and access log.</summary>
internal sealed class Journal(GatewayOptions options, TimeProvider clock, ILogger<AccessLog> logger) : IAsyncDisposable
{
    private readonly AccessLog? log = options.OpenAccessLog is { } open ? new AccessLog(open, clock, logger) : null;

    public void Note(HttpContext context, Route? route, Tries? tries, long arrived, Activity? span)
    {
        var elapsed = clock.GetElapsedTime(arrived);
        var wasLeft = context.RequestAborted.IsCancellationRequested;
        route?.Tally.Add(wasLeft ? 0 : context.Response.StatusCode, elapsed);
        if (HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            CountResets(context, wasLeft);
        }

        if (span is not null)
        {
            Describe(span, context, route, tries);
        }

        if (log is not null)
        {
            var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
            log.Add(context, new RequestRecord(
                context.TraceIdentifier, ClientAddress.Of(context.Connection), target, route?.Pool.Name, tries?.Last?.Id,
                tries?.BodyBytes ?? context.Response.ContentLength ?? 0, elapsed, tries?.Sendings ?? 0));
        }
    }

    public ValueTask DisposeAsync() => log?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>A stream that its client leaves after the answer has begun is how long answers end: it counts neither way.</summary>
    private static void CountResets(HttpContext context, bool wasLeft)
    {
        if (wasLeft && !context.Response.HasStarted)
        {
            ResetCount.Add(context);
        }
        else if (!wasLeft)
        {
            ResetCount.Redeem(context);
        }
    }

    private static void Describe(Activity span, HttpContext context, Route? route, Tries? tries)
    {
        if (route is not null)
        {
            span.DisplayName = $"{context.Request.Method} {route.Path}";
            span.SetTag("http.route", route.Path).SetTag("holdfast.service", route.Pool.Name);
        }

        var status = context.Response.StatusCode;
        span.SetTag("http.response.status_code", status).SetTag("holdfast.request_id", context.TraceIdentifier)
            .SetTag("holdfast.instance", tries?.Last?.Id).SetTag("http.request.resend_count", Math.Max(0, (tries?.Sendings ?? 0) - 1).ToString(CultureInfo.InvariantCulture))
            .SetStatus(status >= StatusCodes.Status500InternalServerError ? ActivityStatusCode.Error : ActivityStatusCode.Unset);
    }
}
