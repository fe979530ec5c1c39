namespace Holdfast;

/// <summary>What a commit can do to a field.</summary>
public enum FieldOperationKind
{
    /// <summary>Give the field these bytes.</summary>
    Set,

    /// <summary>Take the field away.</summary>
    Remove,

    /// <summary>Count the field up or down.</summary>
    Add,

    /// <summary>Raise the counter to at least a number.</summary>
    Max,
}
