using Holdfast.AspNetCore.Cookies;
using Holdfast.AspNetCore.Logins;
using Holdfast.AspNetCore.Sessions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.AspNetCore.Requests;

/// <summary>What every request's state needs of the application.</summary>
internal sealed class StateServices(
    StateEngine engine,
    Carriages carriages,
    StateMeter meter,
    SessionDirectory directory,
    IOptions<HoldfastOptions> options,
    IHostEnvironment environment,
    ILogger<RequestState> logger,
    StockSession? stock = null)
{
    public StateEngine Engine => engine;

    public Carriages Carriages => carriages;

    public StateMeter Meter => meter;

    public SessionDirectory Directory => directory;

    public HoldfastOptions Options => options.Value;

    public ILogger Logger => logger;

    /// <summary>Where sessions are moved from, if that was asked for.</summary>
    public StockSession? Stock => stock;

    /// <summary>Whether responses tell what state cost them.</summary>
    public bool TellsCost { get; } = environment.IsDevelopment();

    /// <summary>Whether anybody wants to know how many bytes requests carry: it takes a look at each field.</summary>
    public bool CountsBytes => TellsCost || meter.ObservesBytes;

    public LoginLimit LoginLimit { get; } = new(options.Value.MaxSessionsPerUser, options.Value.SessionLimitRule);

    public UnreadableValues Unreadable { get; } = new(meter, logger);

    public SessionTurns Turns { get; } = new(engine);

    public SessionLifetime Lifetime { get; } = LifetimeOf(engine, options.Value);

    public SessionWatches Watches { get; } = new(engine, LifetimeOf(engine, options.Value));

    private static SessionLifetime LifetimeOf(StateEngine engine, HoldfastOptions options) =>
        new(options.SessionIdleTimeout, options.SessionAbsoluteTimeout, engine.Options.Clock);
}
