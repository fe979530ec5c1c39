namespace Holdfast.Embedded;

/// <summary>What a change led to. Values are on disk: never reuse one.</summary>
internal enum ChangeEffect : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A record where there was none.</summary>
    Create = 1,

    /// <summary>Other fields of a record.</summary>
    Change = 2,

    /// <summary>No record where there was one.</summary>
    Delete = 3,

    /// <summary>Another expiry of a record.</summary>
    Touch = 4,
}
