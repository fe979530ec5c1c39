namespace Holdfast.Testing;

/// <summary>Why one transaction came before another.</summary>
[Flags]
internal enum RelationKind
{
    /// <summary>The other appended after it (ww).</summary>
    Append = 1,

    /// <summary>The other read what it appended (wr).</summary>
    Read = 2,

    /// <summary>The other appended what it had not read (rw).</summary>
    Overtake = 4,

    /// <summary>It had ended when the other began.</summary>
    Time = 8,
}
