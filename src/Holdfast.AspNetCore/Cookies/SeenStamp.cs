namespace Holdfast.AspNetCore.Cookies;

/// <summary>A stamp, and when it was told to the client.</summary>
/// <param name="Stamp">What the client has seen.</param>
/// <param name="SeenSeconds">When, in seconds since 1970 (UTC).</param>
internal readonly record struct SeenStamp(Stamp Stamp, long SeenSeconds);
