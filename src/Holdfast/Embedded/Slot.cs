namespace Holdfast.Embedded;

/// <summary>
/// A record's place in its partition. Commits are evaluated against the newest record and readers are shown the
/// visible one; they differ while a commit is on its way to the disk. Guarded by the partition's lock.
/// </summary>
internal sealed class Slot(Address address)
{
    public Address Address { get; } = address;

    /// <summary>The record after the last commit, or null if that removed it.</summary>
    public Record? Newest { get; set; }

    /// <summary>The record after the last commit that is durable at its level.</summary>
    public Record? Visible { get; set; }

    /// <summary>How many commits of the record are on their way to the disk.</summary>
    public int Pending { get; set; }

    /// <summary>The deadline under which the expiry queue holds the slot; <see cref="long.MaxValue"/> when it does not.</summary>
    public long QueuedDeadline { get; set; } = long.MaxValue;
}
