namespace Holdfast.Embedded;

/// <summary>
/// A record's place in its partition. Commits are evaluated against the newest version and readers are shown the
/// visible one; they differ while a commit is on its way to the disk. Holds no reference, so that the collector need not look at it.
/// </summary>
internal struct Slot
{
    /// <summary>The deadline of a record that never expires.</summary>
    public const long Never = long.MaxValue;

    /// <summary>
    /// The block of the last version, or, once a commit has removed the record, of the last one before: it holds the address for as long as
    /// the slot is taken. 0: the slot is free.
    /// </summary>
    public uint Newest;

    /// <summary>The block of the version that is durable at its level; 0 when readers see none. May be the newest one's.</summary>
    public uint Visible;

    /// <summary>When the newest version expires, as a timestamp.</summary>
    public long NewestDeadline;

    /// <summary>When the visible version expires.</summary>
    public long VisibleDeadline;

    /// <summary>The deadline under which the expiry queue holds the slot; <see cref="Never"/> when it does not. Outlives the record.</summary>
    public long QueuedDeadline;

    /// <summary>The hash of the address; of a free slot, the next free one.</summary>
    public uint Hash;

    /// <summary>How many commits of the record are on their way to the disk.</summary>
    public int Pending;

    /// <summary>When the record was last used, by <see cref="UseClock"/>; kept for evictable kinds only.</summary>
    public uint LastUse;

    /// <summary>The record's kind, by its number in <see cref="KindTable"/>.</summary>
    public ushort Kind;

    /// <summary>Whether the last commit removed the record.</summary>
    public bool IsNewestGone;
}
