namespace Holdfast;

/// <summary>Why a commit was refused: the first condition, in the order of the commit, that did not hold.</summary>
/// <param name="Change">The index of the change in <see cref="Commit.Changes"/>.</param>
/// <param name="Condition">The condition.</param>
/// <param name="Current">The record as it is, or null when it is absent.</param>
public sealed record Refusal(int Change, Condition Condition, Record? Current);
