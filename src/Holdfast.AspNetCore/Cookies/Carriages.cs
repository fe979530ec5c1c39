using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.AspNetCore.Cookies;

/// <summary>Each of the ways in which a client's state can travel.</summary>
internal sealed class Carriages
{
    private readonly Carriage byCookie;
    private readonly Carriage byHeader;

    public Carriages(CookieSeal seal, StateEngine engine, StateMeter meter, IOptions<HoldfastOptions> options, ILogger<Carriages> logger)
    {
        KeepStampsSeconds = (long)(2 * engine.Options.NearCacheMaxAge).TotalSeconds;
        var name = options.Value.CookieName;
        byCookie = new Carriage(
            new CookieCarrier(name, seal, meter, logger), new CookieCarrier(name + "-Seen", seal, meter, logger), engine, KeepStampsSeconds, logger);
        byHeader = new Carriage(
            new HeaderCarrier(name + "-Session", seal, meter, logger), new HeaderCarrier(name + "-Seen", seal, meter, logger), engine, KeepStampsSeconds, logger);
    }

    /// <summary>For how long stamps matter: the age limit of near caches, twice for instances whose clocks differ.</summary>
    public long KeepStampsSeconds { get; }

    public Carriage Of(SessionTransport transport) => transport == SessionTransport.Header ? byHeader : byCookie;
}
