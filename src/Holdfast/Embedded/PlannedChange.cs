namespace Holdfast.Embedded;

/// <summary>What a commit will make of one record.</summary>
internal struct PlannedChange
{
    /// <summary>The record.</summary>
    public Address Address { get; init; }

    /// <summary>The hash of the address.</summary>
    public uint Hash { get; init; }

    /// <summary>The record's place; −1 if it has none yet.</summary>
    public int Slot { get; set; }

    /// <summary>Whether there is a record before, as it counts: not if it is absent or has expired.</summary>
    public bool Exists { get; init; }

    /// <summary>The revision of the record before; 0 if there is none.</summary>
    public long RevisionBefore { get; init; }

    /// <summary>When the record before expires.</summary>
    public long DeadlineBefore { get; init; }

    public ChangeEffect Effect { get; set; }

    /// <summary>When the record after expires.</summary>
    public long Deadline { get; set; }

    /// <summary>The record after; null for none.</summary>
    public Record? After { get; set; }

    /// <summary>The block of the version after; 0 for none.</summary>
    public uint Block { get; set; }

    /// <summary>Whether the change made that version, and did not only touch one.</summary>
    public readonly bool OwnsBlock => Effect is ChangeEffect.Create or ChangeEffect.Change;
}
