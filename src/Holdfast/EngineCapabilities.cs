namespace Holdfast;

/// <summary>
/// What an engine can promise, as configured and found. What it lacks is told here, never merely missing.
/// </summary>
public sealed record EngineCapabilities
{
    /// <summary>The engine and its store, such as <c>embedded</c> or <c>redis 7.0.15</c>, for logs and <c>/healthz</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The highest durability that an acknowledgement can promise.</summary>
    public required Durability Durability { get; init; }

    /// <summary>Whether other processes can use the same store at the same time.</summary>
    public required bool IsShared { get; init; }

    /// <summary>Whether expiry follows a monotonic clock; if not, setting the server's wall clock moves every expiry and lease.</summary>
    public required bool HasMonotonicExpiry { get; init; }

    /// <summary>Whether reads may be answered by a near cache, so that <see cref="Freshness"/> makes a difference.</summary>
    public required bool HasNearCache { get; init; }
}
