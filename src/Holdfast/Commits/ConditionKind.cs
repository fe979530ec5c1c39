namespace Holdfast;

/// <summary>The conditions that a commit can put on a record.</summary>
public enum ConditionKind
{
    /// <summary>Never given a value.</summary>
    None = 0,

    /// <summary>There is no such record.</summary>
    Absent,

    /// <summary>There is such a record.</summary>
    Exists,

    /// <summary>The record was created at a given revision.</summary>
    BornAt,

    /// <summary>The record was last changed at a given revision.</summary>
    RevisionIs,

    /// <summary>A field holds given bytes.</summary>
    FieldIs,

    /// <summary>The record lacks a field.</summary>
    FieldAbsent,
}
