using Holdfast.AspNetCore.Cookies;
using Holdfast.AspNetCore.Sessions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.AspNetCore.Requests;

/// <summary>What every request's state needs of the application.</summary>
internal sealed class StateServices(
    StateEngine engine, CausalCookie cookie, StateMeter meter, IOptions<HoldfastOptions> options, ILogger<RequestState> logger)
{
    public StateEngine Engine => engine;

    public CausalCookie Cookie => cookie;

    public StateMeter Meter => meter;

    public HoldfastOptions Options => options.Value;

    public ILogger Logger => logger;

    public SessionTurns Turns { get; } = new(engine);

    public SessionLifetime Lifetime { get; } =
        new(options.Value.SessionIdleTimeout, options.Value.SessionAbsoluteTimeout, engine.Options.Clock);

    /// <summary>For how long stamps matter: the age limit of near caches, twice for instances whose clocks differ.</summary>
    public long KeepStampsSeconds { get; } = (long)(2 * engine.Options.NearCacheMaxAge).TotalSeconds;
}
