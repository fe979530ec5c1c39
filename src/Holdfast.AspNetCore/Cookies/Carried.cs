using Holdfast.AspNetCore.Sessions;

namespace Holdfast.AspNetCore.Cookies;

/// <summary>What a request carries of its client's state, by cookies or headers.</summary>
/// <param name="Session">The client's session in the store, if it has one.</param>
/// <param name="Held">The session that the client holds itself, if it does.</param>
/// <param name="TouchedSeconds">When the session's expiry was last moved, in seconds since 1970 (UTC).</param>
/// <param name="Stamps">What the client has seen.</param>
/// <param name="HasSeen">Whether the client carries stamps.</param>
/// <param name="IsOfLaterRelease">Whether the client has a session that only a later release can read.</param>
internal sealed record Carried(
    SessionReference? Session, HeldSession? Held, long TouchedSeconds, ClientStamps Stamps, bool HasSeen, bool IsOfLaterRelease)
{
    /// <summary>Whether the client has something in place of a session, alive or not.</summary>
    public bool HasSession => Session is not null || Held is not null;
}
