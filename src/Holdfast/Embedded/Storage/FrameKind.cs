namespace Holdfast.Embedded;

/// <summary>The first byte of a frame's payload. Values are on disk: never reuse one.</summary>
internal enum FrameKind : byte
{
    /// <summary>In a log: what a commit, or the reaping of expired records, led to.</summary>
    Commit = 1,

    /// <summary>In a log: a process opened the store, and with it a term of every partition.</summary>
    Open = 2,

    /// <summary>In a log of format 1: everything up to a sequence had been synchronised to the disk. Has no effect.</summary>
    Synced = 3,

    /// <summary>In a log: a snapshot was taken that includes only what comes before. Has no effect.</summary>
    Snapshot = 4,

    /// <summary>In a snapshot: a partition's head. What follows is of that partition.</summary>
    Partition = 16,

    /// <summary>In a snapshot: a record.</summary>
    Record = 17,

    /// <summary>In a snapshot: an event of the journal.</summary>
    Event = 18,

    /// <summary>In a snapshot: a request id.</summary>
    Request = 19,

    /// <summary>In a snapshot: the last commits of a client.</summary>
    Client = 20,

    /// <summary>In a snapshot: its end.</summary>
    End = 21,
}
