namespace Holdfast.Node;

/// <summary>A commit as it came over the wire.</summary>
/// <param name="Commit">The commit.</param>
/// <param name="Partition">The partition of its keys.</param>
/// <param name="Client">Who numbers it.</param>
/// <param name="Sequence">Its number among the client's, from 1; 0 if it is not to be remembered.</param>
internal readonly record struct NodeCommit(Commit Commit, int Partition, string Client, long Sequence);
