namespace Holdfast.Redis;

/// <summary>Why the store is asked for a watched key.</summary>
internal enum WatchReason
{
    /// <summary>A watch begins, and somebody awaits that the store will tell it of changes.</summary>
    Begun,

    /// <summary>The key has changed, or may have while the store would not have told.</summary>
    Changed,

    /// <summary>The store tells of changes, but not if it was this connection that had it remove an expired record.</summary>
    MayBeGone,
}
