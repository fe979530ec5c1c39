namespace Holdfast.Embedded;

/// <summary>What became of a commit, and until when that may not be told.</summary>
/// <param name="Result">The result.</param>
/// <param name="After">For each change the record after it, of kept ones too but without their fields; empty if the commit was not made.</param>
/// <param name="Durable">Completes once everything that the result tells of is durable at its level.</param>
internal readonly record struct CommitVerdict(CommitResult Result, Record?[] After, Task Durable)
{
    /// <summary>Whether its client has sent it under this number before, so that it was made for nobody else.</summary>
    public bool IsRepeat { get; init; }

    /// <summary>A bit for each change, the first one lowest: whether the record before was the one that the change's sender holds.</summary>
    public ulong AsHeld { get; init; }
}
