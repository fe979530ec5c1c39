namespace Holdfast.Testing;

/// <summary>
/// Finds in what transactions appended to lists and read of them whatever their isolation level forbids. A list that was read
/// tells in which order its numbers were appended, and so which transaction came before which: a cycle of such relations
/// is an order that can't be. After K. Kingsbury and P. Alvaro, "Elle: inferring isolation anomalies from experimental
/// observations", 2020.
/// </summary>
/// <remarks>
/// Kinds: <c>duplicate</c>, <c>incompatible order</c>, <c>garbage</c> (read, but never appended) and <c>internal</c> (a transaction doesn't see
/// its own appending), which every level forbids; <c>G1a</c> (read of what failed), <c>G1b</c> (read of a
/// transaction's middle); and the cycles <c>G0</c> (of appends), <c>G1c</c> (of appends and reads of them), <c>G-single</c> (with
/// one read of what was overtaken), <c>G2</c> (with several), which end in <c>-realtime</c> when they lead through time.
/// </remarks>
public static class ListAppendChecker
{
    /// <summary>What the level forbids and the history shows; nothing if it is as the level wants it.</summary>
    /// <param name="operations">The transactions; the operations' keys don't matter.</param>
    /// <param name="level">What the transactions were promised.</param>
    public static IReadOnlyList<Violation> Check(IEnumerable<Operation<ListTransaction>> operations, IsolationLevel level)
    {
        ArgumentNullException.ThrowIfNull(operations);
        Operation<ListTransaction>[] transactions = [.. operations];
        var lists = new AppendedLists(transactions);
        var violations = new List<Violation>(lists.Contradictions);
        if (level >= IsolationLevel.ReadCommitted)
        {
            violations.AddRange(lists.BadReads);
        }

        var graph = new TransactionGraph(transactions.Length);
        lists.Relate(graph);
        if (level == IsolationLevel.StrictSerializable)
        {
            graph.RelateByTime(transactions);
        }

        violations.AddRange(new CycleSearch(graph, transactions).Find(level));
        return violations;
    }
}
