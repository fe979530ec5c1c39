namespace Holdfast.AspNetCore;

/// <summary>
/// Requests to this endpoint, controller, action or page do not slide the session's idle timeout, unless they change the session: for what a page asks by
/// itself while nobody is there.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class SessionPeekAttribute : Attribute;
