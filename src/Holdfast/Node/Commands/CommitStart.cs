namespace Holdfast.Node;

/// <summary>
/// Makes a commit: evaluates it before it returns, and ends once the commit is acknowledged and its reply written.
/// </summary>
internal delegate ValueTask CommitStart(PendingCommit pending);
