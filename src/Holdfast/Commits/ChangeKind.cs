namespace Holdfast;

/// <summary>What becomes of a record in a commit.</summary>
public enum ChangeKind
{
    /// <summary>Its fields change; it is created if absent.</summary>
    Update,

    /// <summary>It is removed.</summary>
    Delete,

    /// <summary>Fields and revision stay; its expiry may move.</summary>
    Keep,
}
