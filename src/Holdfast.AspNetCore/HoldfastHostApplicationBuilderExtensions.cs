using Holdfast.AspNetCore;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds Holdfast to an application.</summary>
public static class HoldfastHostApplicationBuilderExtensions
{
    /// <summary>
    /// Moves what the application remembers into the state plane: opens the engine when the host starts, gives
    /// <c>HttpContext.Session</c> and <c>HttpContext.GetState()</c> their place with <c>app.UseHoldfast()</c>, and keeps the
    /// data-protection keys and the tickets of cookie authentication there. The parts are <c>AddHoldfastEngine</c>, <c>AddHoldfastSessions</c>,
    /// <c>AddHoldfastTickets</c> and <c>AddHoldfastDataProtection</c> of the services.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="configure">Changes the options.</param>
    public static IHostApplicationBuilder AddHoldfast(this IHostApplicationBuilder builder, Action<HoldfastOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddHoldfastEngine(configure).AddHoldfastDataProtection().AddHoldfastSessions().AddHoldfastTickets();
        return builder;
    }
}
