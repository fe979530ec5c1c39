namespace Holdfast.Embedded;

/// <summary>What a commit will make of one record.</summary>
internal struct PlannedChange
{
    public required Address Address { get; init; }

    /// <summary>The record's place; null if it has none yet.</summary>
    public Slot? Slot { get; set; }

    /// <summary>The record before, as it counts: null if it is absent or has expired.</summary>
    public Record? Before { get; set; }

    public Record? After { get; set; }

    public ChangeEffect Effect { get; set; }
}
