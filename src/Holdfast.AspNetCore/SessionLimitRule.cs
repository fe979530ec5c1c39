namespace Holdfast.AspNetCore;

/// <summary>What happens when a user who has <see cref="HoldfastOptions.MaxSessionsPerUser"/> signed-in sessions signs in once more.</summary>
public enum SessionLimitRule
{
    /// <summary>The oldest is ended. The default.</summary>
    EndOldest,

    /// <summary>The sign-in fails with <see cref="SessionLimitException"/>; unhandled, the client is answered 409.</summary>
    RefuseNew,
}
