using System.Globalization;
using Holdfast.Gateway.Instances;
using Holdfast.Gateway.Overload;
using Holdfast.Gateway.Routing;
using Holdfast.Gateway.Services;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.Gateway.Repeating;

/// <summary>How often, to whom and for how long one request was tried, and whether it may be tried once more.</summary>
internal sealed class Tries : IAsyncDisposable
{
    /// <summary>Between two looks whether an earlier sending has ended, whatever the instance says.</summary>
    private static readonly TimeSpan LeastPause = TimeSpan.FromMilliseconds(100);

    private static readonly IReadOnlyDictionary<Upstream, int> NoneTried = new Dictionary<Upstream, int>();
    private readonly TimeProvider clock;
    private readonly HttpRequest request;
    private readonly ServicePool pool;
    private readonly Breaker breaker;
    private readonly bool isIdempotent;
    private readonly bool isRepeatable;
    private readonly Stream body;
    private readonly ReplayableBody? kept;
    private Dictionary<Upstream, int>? tried;
    private long waitingSince;
    private TimeSpan waited;
    private int sendings;
    private long? brokeAt;
    private Place? place;
    private bool succeeded;
    private bool isPastRepeating;
    private int breakerTurn;
    private KeySupport? sentUnder;

    public Tries(HttpRequest request, long arrived, Route route, (string Parent, string? State) trace, TimeProvider clock)
    {
        (this.request, this.clock) = (request, clock);
        (pool, breaker) = (route.Pool, route.Breaker);
        (waitingSince, Arrived) = (arrived, arrived);
        Trace = trace;
        Settings = pool.Settings;
        (Deadline, IsDeadlineClients) = RequestDeadline.Of(request, Settings);
        HasBody = request.HttpContext.Features.GetRequiredFeature<IHttpRequestBodyDetectionFeature>().CanHaveBody;
        MintedKey = MintedKeys.For(request);
        isIdempotent = Methods.IsIdempotent(request.Method);
        isRepeatable = isIdempotent || pool.Members.Any(Heeds);
        body = HasBody ? new RequestBody(request.BodyReader) : Stream.Null;
        if (HasBody && isRepeatable)
        {
            kept = new ReplayableBody(body);
        }
    }

    /// <summary>When the request came, as a timestamp.</summary>
    public long Arrived { get; }

    /// <summary>The service's settings at the request's arrival.</summary>
    public ServiceSettings Settings { get; }

    /// <summary>The longest time without a byte in either direction.</summary>
    public TimeSpan Timeout => Settings.Timeout;

    /// <summary>The longest time from its arrival until its answer begins; null for none.</summary>
    public TimeSpan? Deadline { get; }

    /// <summary>Whether it is the client who gave it no more time.</summary>
    public bool IsDeadlineClients { get; }

    /// <summary>What is left of <see cref="Deadline"/>, at least a millisecond.</summary>
    public TimeSpan? Left => Deadline is not { } deadline ? null
        : deadline - clock.GetElapsedTime(Arrived) is var left && left > RequestDeadline.Least ? left
        : RequestDeadline.Least;

    /// <summary>The request's place in a trace.</summary>
    public (string Parent, string? State) Trace { get; }

    /// <summary>How many bytes of the answer's body the client got.</summary>
    public long BodyBytes { get; set; }

    /// <summary>How often it was given to an instance.</summary>
    public int Sendings { get; private set; }

    /// <summary>Who had it last.</summary>
    public Upstream? Last { get; private set; }

    /// <summary>Whether a body may come.</summary>
    public bool HasBody { get; }

    /// <summary>The key that the gateway gave the request; null when it has one of its own, or needs none.</summary>
    public string? MintedKey { get; }

    /// <summary>The body, from its beginning at each sending.</summary>
    public Stream Body => kept ?? body;

    /// <summary>The instances that had their turn and did not answer, and their passed health checks at that time.</summary>
    public IReadOnlyDictionary<Upstream, int> Tried => tried ?? NoneTried;

    /// <summary>How much longer the request may wait for an instance. Time that an instance has spent on it does not count.</summary>
    public TimeSpan Patience
    {
        get
        {
            var patience = GatewayLimits.MaxWait - waited - clock.GetElapsedTime(waitingSince);
            return Left is { } left && left < patience ? left : patience;
        }
    }

    /// <summary>
    /// Whether the time is over in which an answer was of use. So little as is told where nothing is left is enough for a first sending, as a client may
    /// have asked for it; to send it once more would only count against whoever has no time to answer.
    /// </summary>
    public bool IsLate => Deadline is { } deadline && clock.GetElapsedTime(Arrived) >= (HasBroken ? deadline - RequestDeadline.Least : deadline);

    /// <summary>Whether it may be sent once more after an instance may have acted on it.</summary>
    public bool MayRepeat => isRepeatable && !isPastRepeating && sendings < GatewayLimits.MaxSendings && IsWhole;

    /// <summary>Whether it is there from its beginning. It was, when it left an instance that has gone silent; a part of its body that came just then may have been one too many.</summary>
    public bool IsWhole => kept?.CanReplay != false;

    /// <summary>Whether an instance had it and has not answered.</summary>
    public bool HasBroken => brokeAt is not null;

    /// <summary>Whether an instance may have acted on it, and a second effect is possible where keys are not heeded.</summary>
    public bool MayHaveTakenEffect => HasBroken && !isIdempotent;

    /// <summary>Who may have it next; null for anybody. One that heeds no keys would give it its effect once more.</summary>
    public Func<Upstream, bool>? Only => MayHaveTakenEffect ? Heeds : null;

    /// <summary>Whether the route's requests are worth sending at this moment.</summary>
    public bool IsLetIn() => breaker.LetsIn(out breakerTurn);

    /// <summary>
    /// Waits until the service can take the request. False when it is to be turned away. A handshake is work like any
    /// other until it is answered; what it opens then takes no place.
    /// </summary>
    public async ValueTask<bool> EnterAsync(CancellationToken cancellationToken)
    {
        place = await pool.Admission.EnterAsync(Patience, cancellationToken);
        return place is not null;
    }

    /// <summary>Whether the request may leave an instance that has gone silent; counts as a repetition.</summary>
    public bool MayLeave() => MayRepeat && (isIdempotent || (Last is { } last && HeededBy(last))) && pool.Budget.TryTake();

    /// <summary>An instance has begun to answer. What is left of the answer is no work that others wait for.</summary>
    public void Answered(int status)
    {
        succeeded = status < StatusCodes.Status500InternalServerError;
        Leave();
        breaker.Answered(breakerTurn, status);
    }

    /// <summary>No instance has answered, by their own fault, and none will.</summary>
    public void Failed() => breaker.Failed(breakerTurn);

    public void Sending(Upstream upstream)
    {
        (Last, sentUnder) = (upstream, upstream.Keys);
        Sendings++;
        sendings++;
        waited += clock.GetElapsedTime(waitingSince);
    }

    /// <summary>The last sending never left the gateway.</summary>
    public void NeverSent(Upstream upstream)
    {
        Note(upstream);
        sendings--;
    }

    /// <summary>The instance has not answered the last sending, and may have acted on it.</summary>
    public void Broke(Upstream upstream)
    {
        Note(upstream);
        brokeAt ??= clock.GetTimestamp();

        // What it did under the key, if it heeds none, no other instance can know.
        isPastRepeating |= !isIdempotent && !HeededBy(upstream);
    }

    /// <summary>For how long to wait before asking again whether an earlier sending has ended: not beyond the request's own deadline.</summary>
    public TimeSpan PauseOf(TimeSpan asked) => Left is { } left && left < asked ? left : asked;

    /// <summary>
    /// Whether the answer tells that the gateway's own earlier sending of this request still holds its key: the
    /// instance that had it died with the claim, which frees the key within seconds. Then it is when to ask again, and
    /// otherwise null. The answer itself announces that keys are heeded, also on a path that was not known before.
    /// </summary>
    public TimeSpan? IsStillRunning(HttpResponseMessage answer)
    {
        if (brokeAt is null || (int)answer.StatusCode != StatusCodes.Status409Conflict || !answer.Headers.NonValidated.Contains(KeySupport.HeaderName)
            || answer.Headers.NonValidated.Contains(KeySupport.ReplayedHeaderName))
        {
            return null;
        }

        return answer.Headers.NonValidated.TryGetValues("Retry-After", out var after)
            && int.TryParse(after.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(Math.Clamp(seconds, LeastPause.TotalSeconds, GatewayLimits.MaxWait.TotalSeconds))
            : null;
    }

    /// <summary>Takes note of what the answer announces.</summary>
    public void Learn(HttpResponseMessage answer)
    {
        if (!Methods.IsSafe(request.Method))
        {
            Last!.Keys.Learn(request, answer);
        }
    }

    /// <summary>Whether the key of an earlier sending is worth waiting for.</summary>
    public bool MayAskAgain => IsWhole && !IsLate && (brokeAt is not { } at || clock.GetElapsedTime(at) < GatewayLimits.MaxKeyWait);

    /// <summary>The last sending only asked whether an earlier one has ended: it does not count as one.</summary>
    public void OnlyAsked() => sendings--;

    /// <summary>Makes the request as if it had not been sent.</summary>
    public void Again(HttpContext context)
    {
        waitingSince = clock.GetTimestamp();
        kept?.Rewind();
        context.Response.Clear();
    }

    public ValueTask DisposeAsync()
    {
        Leave();
        return kept?.DisposeAsync() ?? ValueTask.CompletedTask;
    }

    private void Leave()
    {
        if (place is { } left)
        {
            place = null;
            pool.Admission.Leave(left, succeeded);
        }
    }

    private bool Heeds(Upstream upstream) => upstream.Keys.Has(request);

    /// <summary>Whether whoever had the request last heeds keys: what was known when it was sent holds, though the instance may be another process by now.</summary>
    private bool HeededBy(Upstream last) => Heeds(last) || sentUnder?.Has(request) == true;

    private void Note(Upstream upstream) => (tried ??= [])[upstream] = upstream.Passes;
}
