namespace Holdfast.AspNetCore;

/// <summary>
/// How the session travels on this endpoint, controller, action or page, instead of what <see cref="HoldfastOptions.SessionTransport"/> says.
/// Known only if <c>app.UseRouting()</c>, which a <c>WebApplication</c> calls by itself, stands ahead of <c>app.UseHoldfast()</c>.
/// </summary>
/// <param name="transport">How it travels.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class SessionTransportAttribute(SessionTransport transport) : Attribute
{
    /// <summary>How it travels.</summary>
    public SessionTransport Transport { get; } = transport;
}
