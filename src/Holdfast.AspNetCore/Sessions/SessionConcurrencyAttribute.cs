namespace Holdfast.AspNetCore;

/// <summary>
/// What happens on this endpoint, controller, action or page when requests of one session run at the same time, instead of what
/// <see cref="HoldfastOptions.SessionConcurrency"/> says. Looked at when the request first uses the session; an
/// endpoint that is not known by then, because that was ahead of routing, and declares otherwise, is an <see cref="InvalidOperationException"/>.
/// </summary>
/// <param name="concurrency">What happens.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class SessionConcurrencyAttribute(SessionConcurrency concurrency) : Attribute
{
    /// <summary>What happens.</summary>
    public SessionConcurrency Concurrency { get; } = concurrency;
}
