namespace Holdfast.Testing;

/// <summary>
/// What transactions may see of each other, from the weakest; after A. Adya, "Weak consistency: a generalized theory and
/// optimistic implementations for distributed transactions", 1999.
/// </summary>
public enum IsolationLevel
{
    /// <summary>Writes are ordered: no G0.</summary>
    ReadUncommitted,

    /// <summary>And only what was committed is read, in its final state: no G1a, G1b, G1c.</summary>
    ReadCommitted,

    /// <summary>And each sees one moment's state: no G-single.</summary>
    SnapshotIsolation,

    /// <summary>And all together are as if one came after the other: no G2.</summary>
    Serializable,

    /// <summary>And that order is the one in which they came and went: the same counts for cycles that lead through time.</summary>
    StrictSerializable,
}
