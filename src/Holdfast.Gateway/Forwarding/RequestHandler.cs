using Holdfast.Gateway.Balancing;
using Holdfast.Gateway.Hosting;
using Holdfast.Gateway.Instances;
using Holdfast.Gateway.Repeating;
using Holdfast.Gateway.Requests;
using Holdfast.Gateway.Routing;
using Holdfast.Gateway.Telemetry;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.Gateway.Forwarding;

/// <summary>Finds the service that a request is for, and sees to it that an instance answers.</summary>
internal sealed class RequestHandler(
    Fleet fleet, Exchange exchange, Journal journal, GatewayMetrics metrics, EqualWarnings warnings, TimeProvider clock, ILogger<RequestHandler> logger)
{
    /// <summary>By which part of the time it is told to wait a request waits longer, at most: those that one instance's end has set waiting don't all come back at once.</summary>
    private const double LongerWait = 0.25;

    private readonly Dice dice = new();

    public async Task HandleAsync(HttpContext context)
    {
        var arrived = clock.GetTimestamp();
        var connection = context.Features.Get<ClientConnection>();
        connection?.Begin(context.Request.Protocol, context.Features.GetRequiredFeature<IHttpRequestBodyDetectionFeature>().CanHaveBody);
        context.TraceIdentifier = RequestNames.Of(context.Request);
        Route? route = null;
        Tries? tries = null;
        using var span = TraceContext.Begin(context.Request);
        try
        {
            if (RequestRules.Refusal(context) is var (status, reason))
            {
                await PlainAnswer.GiveAsync(context, status, reason, thenClose: true);
                return;
            }

            if (!fleet.Known.IsCompleted)
            {
                await fleet.Known.WaitAsync(GatewayLimits.MaxWait, clock, context.RequestAborted);
            }

            route = fleet.Routes.Find(context.Request.Path.Value);
            if (route is null)
            {
                metrics.FoundNoRoute();
                await PlainAnswer.GiveAsync(context, StatusCodes.Status404NotFound, "No service has a route for this path.");
                return;
            }

            tries = new Tries(context.Request, arrived, route, TraceContext.Of(context.Request, span), clock);
            await ServeAsync(context, route.Pool, tries);
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
        finally
        {
            if (tries is not null)
            {
                await tries.DisposeAsync();
            }

            journal.Note(context, route, tries, arrived, span);
            connection?.End();
        }
    }

    private async Task ServeAsync(HttpContext context, ServicePool pool, Tries tries)
    {
        metrics.Requested(pool.Name);
        if (!tries.IsLetIn())
        {
            metrics.BreakerRefused(pool.Name);
            await PlainAnswer.GiveAsync(
                context, StatusCodes.Status503ServiceUnavailable, $"{pool.Name} has answered no such request lately. Try again in a second.");
            return;
        }

        pool.Budget.CountRequest();
        if (await tries.EnterAsync(context.RequestAborted))
        {
            await ForwardAsync(context, pool, tries);
            return;
        }

        metrics.Refused(pool.Name);
        if (pool.Admission.IsTimeToTell())
        {
            Log.Overloaded(logger, pool.Name, pool.Admission.Limit, pool.Admission.Waiting);
        }

        await PlainAnswer.GiveAsync(
            context, StatusCodes.Status503ServiceUnavailable, $"{pool.Name} has as many requests as it can do. Try again in a second.");
    }

    /// <summary>
    /// Gives the request to one instance after another until it has an answer: without limit but time while no instance
    /// has seen it, and <see cref="GatewayLimits.MaxSendings"/> times at most once one may have, if that does no harm.
    /// </summary>
    private async Task ForwardAsync(HttpContext context, ServicePool pool, Tries tries)
    {
        var wish = Stickiness.WishOf(context.Request, tries.Settings);
        while (true)
        {
            if (tries.IsLate || await pool.TakeAsync(tries.Tried, wish with { Only = tries.Only }, tries.Patience, context.RequestAborted) is not { } upstream)
            {
                await NoneAsync(context, pool, tries);
                return;
            }

            tries.Sending(upstream);
            var outcome = await exchange.SendAsync(context, upstream, tries, wish);
            if (outcome.Fate == Fate.Over || await SettleAsync(context, pool, tries, upstream, outcome))
            {
                return;
            }

            metrics.Retried(pool.Name);
            tries.Again(context);
        }
    }

    private async Task NoneAsync(HttpContext context, ServicePool pool, Tries tries)
    {
        if (tries.HasBroken && !(tries.IsLate && tries.IsDeadlineClients))
        {
            tries.Failed();
        }

        if (tries.IsLate)
        {
            await PlainAnswer.GiveAsync(
                context, StatusCodes.Status504GatewayTimeout, $"The request's time was over before an instance {(tries.HasBroken ? "answered it" : "could take it")}.");
            return;
        }

        if (tries.MayHaveTakenEffect)
        {
            await PlainAnswer.GiveAsync(
                context, StatusCodes.Status502BadGateway, "The instance ended before it answered, and no other one is ready that knows its key; whether it acted on the request is not known.");
            return;
        }

        if (warnings.IsNews(pool.Name, "no instance was ready: 503"))
        {
            Log.NoneReady(logger, pool.Name, GatewayLimits.MaxWait.TotalSeconds);
        }

        await PlainAnswer.GiveAsync(
            context, StatusCodes.Status503ServiceUnavailable, $"No instance of {pool.Name} is ready. Try again in a second.");
    }

    private void NoConnection(ServicePool pool, Upstream upstream, Outcome outcome)
    {
        if (outcome.Fate == Fate.NotConnected)
        {
            if (warnings.IsNews(pool.Name, "no connection could be opened"))
            {
                Log.OpensNone(logger, pool.Name, outcome.Reason);
            }
        }
        else if (upstream.ConnectionFailed())
        {
            Log.InstanceOut(logger, pool.Name, upstream.Id, upstream.Prefix, "it took no connection");
        }
    }

    /// <summary>Draws the consequences of a sending. Returns whether the request is settled; if not, it is to be sent again.</summary>
    private async ValueTask<bool> SettleAsync(HttpContext context, ServicePool pool, Tries tries, Upstream upstream, Outcome outcome)
    {
        switch (outcome.Fate)
        {
            case Fate.NeverSent or Fate.NotConnected:
                NoConnection(pool, upstream, outcome);
                tries.NeverSent(upstream);
                return false;

            case Fate.Silent when tries.IsWhole:
                tries.Broke(upstream);
                return false;

            case Fate.StillRunning when tries.MayAskAgain:
                tries.OnlyAsked();
                await Task.Delay(tries.PauseOf(outcome.RetryAfter * (1 + (LongerWait * dice.NextShare()))), clock, context.RequestAborted);
                return false;

            case Fate.Broken:
                tries.Broke(upstream);
                upstream.Conduct.Note(isFailure: true);
                upstream.Doubt();
                if (tries.MayRepeat && pool.Budget.TryTake())
                {
                    return false;
                }

                tries.Failed();
                if (warnings.IsNews(pool.Name, $"instance {upstream.Id} ended under a request, which is not repeated: 502"))
                {
                    Log.NotRepeated(logger, pool.Name, upstream.Id, context.Request.Method, outcome.Reason);
                }

                await PlainAnswer.GiveAsync(context, outcome.Status, "The instance ended before it answered; whether it acted on the request is not known.");
                return true;

            case Fate.NotServed:
                await PlainAnswer.GiveAsync(context, outcome.Status, $"{outcome.Reason}.");
                return true;

            case Fate.BadRequest:
                await PlainAnswer.GiveAsync(context, outcome.Status, $"The request's body can't be read. {outcome.Reason}", thenClose: true);
                return true;

            case Fate.StillRunning:
                await PlainAnswer.GiveAsync(context, outcome.Status, "The request is still under way at the instance.");
                return true;

            default:
                tries.Failed();
                upstream.Failed();
                upstream.Doubt();
                if (warnings.IsNews(pool.Name, $"instance {upstream.Id} failed a request"))
                {
                    Log.Failed(logger, pool.Name, upstream.Id, context.Request.Method, outcome.Reason);
                }

                await PlainAnswer.GiveAsync(context, outcome.Status, "The instance gave no answer that could be passed on.");
                return true;
        }
    }
}
