using System.Collections.Concurrent;
using System.Net;
using Holdfast.Gateway.Balancing;
using Holdfast.Gateway.Hosting;
using Holdfast.Gateway.Instances;
using Holdfast.Gateway.Repeating;
using Holdfast.Gateway.Upgrades;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Gateway.Forwarding;

/// <summary>
/// Gives a request to one instance, once. (1) The request is written anew for the instance. (2) Its answer's head
/// decides whether the client gets it, or the request is to be sent again. (3) The body is copied as it comes, or, after
/// an upgrade, bytes pass in both directions.
/// </summary>
internal sealed class Exchange(UpstreamClients clients, UpgradeRelay relay, TimeProvider clock)
{
    private static readonly Outcome WentSilent = new(Fate.Silent, StatusCodes.Status504GatewayTimeout, "it went silent");
    private readonly ConcurrentQueue<ActivityWatch> idle = new();

    public async ValueTask<Outcome> SendAsync(HttpContext context, Upstream upstream, Tries tries, Wish wish)
    {
        var watch = ActivityWatch.Begin(idle, upstream, tries, context.RequestAborted);
        upstream.Begin();
        var began = clock.GetTimestamp();
        var status = 0;
        try
        {
            var upgrade = UpgradeFields.KindOf(context);
            using var request = UpstreamRequest.Of(context, upstream.Prefix, tries, upgrade, watch);
            HttpResponseMessage answer;
            try
            {
                answer = await clients.Requests.SendAsync(request, watch.Token);
            }
            catch (Exception fault)
            {
                var outcome = Explain(fault, context, request, upstream, tries, watch);
                await EndBodyAsync(request);
                return outcome;
            }

            Outcome taken;
            using (answer)
            {
                taken = await TakeAsync(context, answer, upstream, tries, wish, upgrade, watch);
            }

            status = taken.Fate == Fate.Over ? taken.Status : 0;
            if (taken.Fate != Fate.Over || request.Content is ClientBody { IsBeingRead: true })
            {
                await EndBodyAsync(request);
            }

            return taken;
        }
        finally
        {
            upstream.End();
            upstream.Tally.Add(status, clock.GetElapsedTime(began));
            watch.End();
        }
    }

    private ValueTask<Outcome> TakeAsync(
        HttpContext context, HttpResponseMessage answer, Upstream upstream, Tries tries, Wish wish, UpgradeKind upgrade, ActivityWatch watch)
    {
        var status = (int)answer.StatusCode;
        if (!watch.Answered())
        {
            return ValueTask.FromResult(WentSilent);
        }

        upstream.Answered(status);
        upstream.SpeaksHttp2 |= answer.Version == HttpVersion.Version20;
        if (tries.IsStillRunning(answer) is { } retryAfter)
        {
            return ValueTask.FromResult(new Outcome(Fate.StillRunning, status, "an earlier sending still runs", retryAfter));
        }

        tries.Learn(answer);
        tries.Answered(status);
        return PassOnAsync(context, answer, upstream, tries, wish, upgrade, watch);
    }

    private async ValueTask<Outcome> PassOnAsync(
        HttpContext context, HttpResponseMessage answer, Upstream upstream, Tries tries, Wish wish, UpgradeKind upgrade, ActivityWatch watch)
    {
        var status = (int)answer.StatusCode;
        if (status == StatusCodes.Status101SwitchingProtocols)
        {
            if (upgrade == UpgradeKind.None)
            {
                return new Outcome(Fate.Failed, StatusCodes.Status502BadGateway, "it switched protocols without having been asked to");
            }

            Stickiness.Keep(context, tries.Settings, upstream, wish.Mark);
            return await relay.RunAsync(context, answer, upstream, upgrade, watch);
        }

        try
        {
            UpstreamAnswer.CopyHead(answer, context.Response);
        }
        catch (InvalidOperationException fault)
        {
            return new Outcome(Fate.Failed, StatusCodes.Status502BadGateway, fault.Message);
        }

        Stickiness.Keep(context, tries.Settings, upstream, wish.Mark);
        ClientConnection.Tell(context);
        if (!await UpstreamAnswer.CopyBodyAsync(context, answer, tries, watch))
        {
            UpstreamAnswer.Cut(context);
        }

        return Outcome.Answered(status);
    }

    /// <summary>Before the body is sent again, or what is left of it to nobody, the earlier sending must have ceased to read it.</summary>
    private static Task EndBodyAsync(HttpRequestMessage request) => request.Content is ClientBody body ? body.EndAsync() : Task.CompletedTask;

    private static Outcome Explain(Exception fault, HttpContext context, HttpRequestMessage request, Upstream upstream, Tries tries, ActivityWatch watch)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            return Outcome.Gone;
        }

        if (request.Content is ClientBody { Fault: { } clients })
        {
            var status = clients is BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status400BadRequest;
            return new Outcome(Fate.BadRequest, status, clients.Message);
        }

        if (watch.HasLeft)
        {
            return WentSilent;
        }

        if (watch.Token.IsCancellationRequested)
        {
            var isClients = (watch.IsHeld && tries.IsDeadlineClients) || request.Content is ClientBody { IsAwaited: true };
            return new Outcome(isClients ? Fate.NotServed : Fate.Failed, StatusCodes.Status504GatewayTimeout, "No answer came in time");
        }

        var outcome = Outcome.Of(fault);
        return outcome.Fate is not (Fate.NeverSent or Fate.NotConnected) && request.Version == HttpVersion.Version20 && !upstream.SpeaksHttp2
            ? new Outcome(Fate.NotServed, StatusCodes.Status502BadGateway, "The service does not speak HTTP/2, as gRPC does")
            : outcome;
    }
}
