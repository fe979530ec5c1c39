namespace Holdfast.AspNetCore.Cookies;

/// <summary>When the expiry of a client's session was last moved.</summary>
/// <param name="Birth">The session's birth: what a response tells of one session says nothing about the next.</param>
/// <param name="Seconds">When, in seconds since 1970 (UTC).</param>
internal readonly record struct Touch(long Birth, long Seconds);
