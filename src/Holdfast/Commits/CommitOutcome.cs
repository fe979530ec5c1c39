namespace Holdfast;

/// <summary>What became of a commit.</summary>
public enum CommitOutcome
{
    /// <summary>It was made, now or when it was sent first (<see cref="CommitResult.IsReplay"/>).</summary>
    Committed,

    /// <summary>A condition did not hold. Nothing was changed.</summary>
    Refused,

    /// <summary>Its request id and step were used by a commit with another fingerprint. Nothing was changed.</summary>
    DifferentCommit,
}
