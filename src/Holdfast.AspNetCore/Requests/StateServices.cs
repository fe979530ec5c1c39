using Holdfast.AspNetCore.Cookies;
using Holdfast.AspNetCore.Sessions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.AspNetCore.Requests;

/// <summary>What every request's state needs of the application.</summary>
internal sealed class StateServices(
    StateEngine engine, ClientCookies cookies, StateMeter meter, IOptions<HoldfastOptions> options, ILogger<RequestState> logger)
{
    public StateEngine Engine => engine;

    public ClientCookies Cookies => cookies;

    public StateMeter Meter => meter;

    public HoldfastOptions Options => options.Value;

    public ILogger Logger => logger;

    public SessionTurns Turns { get; } = new(engine);

    public SessionLifetime Lifetime { get; } =
        new(options.Value.SessionIdleTimeout, options.Value.SessionAbsoluteTimeout, engine.Options.Clock);
}
