using Holdfast.AspNetCore.Sessions;

namespace Holdfast.AspNetCore.Cookies;

/// <summary>What a request's cookies told.</summary>
/// <param name="Session">The client's session, if it has one.</param>
/// <param name="TouchedSeconds">When the session's expiry was last moved, in seconds since 1970 (UTC).</param>
/// <param name="Stamps">What the client has seen.</param>
/// <param name="HasSeen">Whether the client has a cookie of its stamps.</param>
internal sealed record CookieContent(SessionReference? Session, long TouchedSeconds, ClientStamps Stamps, bool HasSeen);
