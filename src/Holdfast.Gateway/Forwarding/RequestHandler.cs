using Holdfast.Gateway.Instances;
using Holdfast.Gateway.Routing;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace Holdfast.Gateway.Forwarding;

/// <summary>Finds the service that a request is for, and sees to it that an instance answers.</summary>
internal sealed class RequestHandler(
    Fleet fleet, IHttpForwarder forwarder, UpstreamClients clients, GatewayMetrics metrics, TimeProvider clock, ILogger<RequestHandler> logger)
{
    private static readonly UpstreamTransformer Transformer = new();

    private static readonly ForwarderRequestConfig Config = new()
    {
        ActivityTimeout = GatewayLimits.ActivityTimeout,
        Version = System.Net.HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    public async Task HandleAsync(HttpContext context)
    {
        if (RequestRules.Refusal(context.Request) is var (status, reason))
        {
            await PlainAnswer.GiveAsync(context, status, reason, thenClose: true);
            return;
        }

        var tries = new Tries(context.Request, clock);
        try
        {
            await fleet.Known.WaitAsync(tries.Patience, clock, context.RequestAborted);
            await RouteAsync(context, tries);
        }
        catch (TimeoutException)
        {
            await PlainAnswer.GiveAsync(
                context, StatusCodes.Status503ServiceUnavailable, "The gateway has not reached its store yet. Try again in a second.");
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client went away while it waited.
        }
    }

    private Task RouteAsync(HttpContext context, Tries tries) =>
        fleet.Routes.Find(context.Request.Path.Value) is { } pool
            ? ForwardAsync(context, pool, tries)
            : PlainAnswer.GiveAsync(context, StatusCodes.Status404NotFound, "No service has a route for this path.");

    /// <summary>
    /// Gives the request to one instance after another until it has an answer: without limit but time while no instance
    /// has seen it, and <see cref="GatewayLimits.MaxSendings"/> times at most once one may have, if that does no harm.
    /// </summary>
    private async Task ForwardAsync(HttpContext context, ServicePool pool, Tries tries)
    {
        metrics.Requested(pool.Name);
        pool.Budget.CountRequest();
        while (true)
        {
            if (await pool.TakeAsync(tries.Tried, tries.Patience, context.RequestAborted) is not { } upstream)
            {
                Log.NoneReady(logger, pool.Name, GatewayLimits.MaxWait.TotalSeconds);
                await PlainAnswer.GiveAsync(
                    context, StatusCodes.Status503ServiceUnavailable, $"No instance of {pool.Name} is ready. Try again in a second.");
                return;
            }

            tries.Sending();
            var error = await forwarder.SendAsync(context, upstream.Prefix, clients.Requests, Config, Transformer);
            if (await SettleAsync(context, pool, tries, upstream, error))
            {
                return;
            }

            metrics.Retried(pool.Name);
            tries.Again(context);
        }
    }

    /// <summary>Draws the consequences of a sending. Returns whether the request is settled; if not, it is to be sent again.</summary>
    private async ValueTask<bool> SettleAsync(HttpContext context, ServicePool pool, Tries tries, Upstream upstream, ForwarderError error)
    {
        switch (FateReader.Read(context, error))
        {
            case Fate.NeverSent:
                if (upstream.ConnectionFailed())
                {
                    Log.InstanceOut(logger, pool.Name, upstream.Id, upstream.Prefix, "it took no connection");
                }

                tries.NeverSent(upstream);
                return false;

            case Fate.Broken:
                tries.Broke(upstream);
                upstream.Doubt();
                if (tries.MayRepeat && pool.Budget.TryTake())
                {
                    return false;
                }

                Log.NotRepeated(logger, pool.Name, upstream.Id, context.Request.Method);
                await PlainAnswer.GiveAsync(
                    context, StatusCodes.Status502BadGateway, "The instance ended before it answered; whether it acted on the request is not known.");
                return true;

            case Fate.Failed:
                Log.Failed(logger, pool.Name, upstream.Id, context.Request.Method, error.ToString());
                await PlainAnswer.GiveAsync(context, context.Response.StatusCode, "The instance gave no answer that could be passed on.");
                return true;

            default:
                return true;
        }
    }
}
