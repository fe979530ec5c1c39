namespace Holdfast.Node;

/// <summary>
/// Makes a commit: evaluates it before it returns, and ends once the commit is acknowledged and its reply written; or leaves both to
/// the connection by <see cref="PendingCommit.AnswerOnce"/>.
/// </summary>
internal delegate ValueTask CommitStart(PendingCommit pending);
