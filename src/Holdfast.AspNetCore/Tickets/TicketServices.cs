using Holdfast.AspNetCore.Logins;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.AspNetCore.Tickets;

/// <summary>What tickets need of the application.</summary>
internal sealed class TicketServices(StateEngine engine, SessionDirectory directory, IOptions<HoldfastOptions> options, ILogger<TicketStore> logger)
{
    public StateEngine Engine => engine;

    public SessionDirectory Directory => directory;

    public HoldfastOptions Options => options.Value;

    public ILogger Logger => logger;

    public LoginLimit Limit => new(Options.MaxSessionsPerUser, Options.SessionLimitRule);

    /// <summary>Through the request's state, if it passed <c>app.UseHoldfast()</c>.</summary>
    public TicketUnit UnitFor(HttpContext? context) =>
        context?.Features.Get<RequestState>() is { } state ? new RequestTicketUnit(state) : new OwnTicketUnit(this, context);
}
