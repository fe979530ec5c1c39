namespace Holdfast;

/// <summary>What became of a commit, and what its records are like now.</summary>
public sealed class CommitResult
{
    /// <summary>Tells a commit that was made; engines do this.</summary>
    /// <param name="at">The moment after the commit; of a replay, the moment after the first.</param>
    /// <param name="records">For each change the record after it, or null; see <see cref="Records"/>.</param>
    /// <param name="isReplay">Whether the commit was made when it was sent first, not now.</param>
    public CommitResult(Stamp at, IReadOnlyList<Record?> records, bool isReplay)
    {
        Outcome = CommitOutcome.Committed;
        At = at;
        Records = records;
        IsReplay = isReplay;
    }

    /// <summary>Tells a commit that was refused, or, without a refusal, one whose request id belongs to another; engines do this.</summary>
    /// <param name="at">The partition's moment.</param>
    /// <param name="refusal">The condition that did not hold; null for <see cref="CommitOutcome.DifferentCommit"/>.</param>
    public CommitResult(Stamp at, Refusal? refusal)
    {
        Outcome = refusal is null ? CommitOutcome.DifferentCommit : CommitOutcome.Refused;
        At = at;
        Refusal = refusal;
        Records = [];
    }

    /// <summary>What became of it.</summary>
    public CommitOutcome Outcome { get; }

    /// <summary>Whether it was made.</summary>
    public bool IsCommitted => Outcome == CommitOutcome.Committed;

    /// <summary>
    /// The moment after the commit: its own revision, if it changed anything. Of a replay, the moment after the first
    /// commit of the request id. Otherwise the partition's moment when the commit was refused.
    /// </summary>
    public Stamp At { get; }

    /// <summary>Whether the request id had been committed before, so that this time nothing was changed.</summary>
    public bool IsReplay { get; }

    /// <summary>
    /// For each change, in their order, the record after the commit; of a replay, the record as it is now. Null where
    /// it was deleted, is absent, or was only kept. Empty when the commit was not made.
    /// </summary>
    public IReadOnlyList<Record?> Records { get; }

    /// <summary>Which condition did not hold, when the commit was refused.</summary>
    public Refusal? Refusal { get; }
}
