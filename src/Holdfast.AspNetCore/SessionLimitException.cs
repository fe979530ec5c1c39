namespace Holdfast.AspNetCore;

/// <summary>
/// A user who has as many signed-in sessions as <see cref="HoldfastOptions.MaxSessionsPerUser"/> allows can't sign in once more.
/// Unhandled, the client is answered 409. Nothing was changed.
/// </summary>
public sealed class SessionLimitException : StateException
{
    internal SessionLimitException(int limit)
        : base($"The user has {limit} signed-in sessions, and no more are allowed: sign out elsewhere first.")
    {
    }
}
