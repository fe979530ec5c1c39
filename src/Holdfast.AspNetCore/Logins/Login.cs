using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Logins;

/// <summary>What the directory holds of a login. Times are milliseconds since 1970 (UTC).</summary>
internal sealed record Login
{
    /// <summary>Longest part that is kept of what a browser says of itself, in characters.</summary>
    public const int MaxUserAgentLength = 256;

    /// <summary>When the user signed in.</summary>
    [JsonPropertyName("created")]
    public required long Created { get; init; }

    /// <summary>When the login ends whatever its use.</summary>
    [JsonPropertyName("expires")]
    public required long Expires { get; init; }

    /// <summary>How long its session lasts without a request, in milliseconds: what the session's expiry tells of its last use.</summary>
    [JsonPropertyName("idle")]
    public required long Idle { get; init; }

    /// <summary>What the browser said of itself, cut.</summary>
    [JsonPropertyName("agent")]
    public string? UserAgent { get; init; }

    /// <summary>The client's network address.</summary>
    [JsonPropertyName("address")]
    public string? NetworkAddress { get; init; }

    /// <summary>The id of its session, which may have expired.</summary>
    [JsonPropertyName("session")]
    public string? Session { get; init; }

    /// <summary>
    /// The id that its session had before it was renewed. The directory hears of a renewal in a commit ahead of the session's own: until that is made, or if it
    /// never is, the session is there under this.
    /// </summary>
    [JsonPropertyName("before")]
    public string? Before { get; init; }

    /// <summary>Whether it is told when its session ends.</summary>
    [JsonPropertyName("told")]
    public bool IsTold { get; init; }

    /// <summary>The authentication scheme that signed in; null when the application did without one.</summary>
    [JsonPropertyName("scheme")]
    public string? Scheme { get; init; }

    /// <summary>The key of its ticket, if it has one.</summary>
    [JsonPropertyName("ticket")]
    public string? Ticket { get; init; }

    /// <summary>A login that begins now, by this request.</summary>
    public static Login Begin(HttpContext? context, DateTimeOffset now, DateTimeOffset expires, HoldfastOptions options)
    {
        var agent = context?.Request.Headers.UserAgent.ToString();
        return new Login
        {
            Created = now.ToUnixTimeMilliseconds(),
            Expires = expires.ToUnixTimeMilliseconds(),
            Idle = (long)options.SessionIdleTimeout.TotalMilliseconds,
            IsTold = options.SessionEvents,
            UserAgent = string.IsNullOrEmpty(agent) ? null : agent[..Math.Min(agent.Length, MaxUserAgentLength)],
            NetworkAddress = context?.Connection.RemoteIpAddress?.ToString(),
        };
    }

    public bool IsOver(DateTimeOffset now) => Expires <= now.ToUnixTimeMilliseconds();
}
