namespace Holdfast.Embedded;

/// <summary>One moment by both clocks, for commits that are made one right after another.</summary>
/// <param name="Timestamp">By the monotonic one.</param>
/// <param name="WallMilliseconds">Milliseconds since 1970.</param>
internal readonly record struct StoreMoment(long Timestamp, long WallMilliseconds);
