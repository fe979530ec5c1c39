namespace Holdfast.Cli.Prove.Browsing;

/// <summary>One exchange: a request that was sent, and what came back.</summary>
internal sealed record Hop
{
    /// <summary>The instance that was asked.</summary>
    public required int Instance { get; init; }

    public required string Method { get; init; }

    /// <summary>The path and query that were asked for.</summary>
    public required string Target { get; init; }

    /// <summary>The cookies that went along.</summary>
    public IReadOnlyList<Cookie> Sent { get; init; } = [];

    /// <summary>The status; 0 when there was no answer.</summary>
    public int Status { get; init; }

    /// <summary>Why there was no answer, or not all of it; null when there was.</summary>
    public string? Failure { get; init; }

    /// <summary>The response headers, names in lower case, without Set-Cookie.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>The cookies that the answer sets or removes.</summary>
    public IReadOnlyList<Cookie> Set { get; init; } = [];

    public ResponseBody Body { get; init; } = ResponseBody.Empty;

    /// <summary>Where the answer redirects to, as it was written; null when it doesn't.</summary>
    public string? Location => Status is 301 or 302 or 303 or 307 or 308 ? Header("location") : null;

    /// <summary>Where the browser goes from here; null when it stays, or leaves the site.</summary>
    public Redirect? Redirect { get; init; }

    public string? Header(string name) => Headers.FirstOrDefault(header => header.Key == name).Value;
}
