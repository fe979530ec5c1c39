using Holdfast.Gateway.Instances;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Holdfast.Gateway.Forwarding;

/// <summary>How often, to whom and for how long one request was tried.</summary>
internal sealed class Tries
{
    private readonly TimeProvider clock;
    private readonly bool isIdempotent;
    private readonly HttpRequest request;
    private readonly Dictionary<Upstream, int> tried = [];
    private long waitingSince;
    private TimeSpan waited;
    private int sendings;

    public Tries(HttpRequest request, TimeProvider clock)
    {
        (this.request, this.clock) = (request, clock);
        waitingSince = clock.GetTimestamp();
        isIdempotent = Repeatability.IsIdempotent(request.Method);
        if (isIdempotent && request.HttpContext.Features.GetRequiredFeature<IHttpRequestBodyDetectionFeature>().CanHaveBody)
        {
            request.Body = new ReplayableBody(request.Body);
        }
    }

    /// <summary>The instances that had their turn and did not answer, and their passed health checks at that time.</summary>
    public IReadOnlyDictionary<Upstream, int> Tried => tried;

    /// <summary>How much longer the request may wait for an instance. Time that an instance has spent on it does not count.</summary>
    public TimeSpan Patience => GatewayLimits.MaxWait - waited - clock.GetElapsedTime(waitingSince);

    /// <summary>Whether it may be sent once more after an instance may have acted on it.</summary>
    public bool MayRepeat => isIdempotent && sendings < GatewayLimits.MaxSendings && Body?.CanReplay != false;

    private ReplayableBody? Body => request.Body as ReplayableBody;

    public void Sending()
    {
        sendings++;
        waited += clock.GetElapsedTime(waitingSince);
    }

    /// <summary>The last sending never left the gateway.</summary>
    public void NeverSent(Upstream upstream)
    {
        Broke(upstream);
        sendings--;
    }

    /// <summary>The instance has not answered the last sending.</summary>
    public void Broke(Upstream upstream) => tried[upstream] = upstream.Passes;

    /// <summary>Makes the request as if it had not been sent.</summary>
    public void Again(HttpContext context)
    {
        waitingSince = clock.GetTimestamp();
        Body?.Rewind();
        context.Features.Set<IForwarderErrorFeature>(null);
        context.Response.Clear();
    }
}
