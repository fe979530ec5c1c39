using System.Text;

namespace Holdfast.Testing;

/// <summary>Finds the shortest cycles of each forbidden kind. The relations that a cycle may be made of decide its kind.</summary>
internal sealed class CycleSearch(TransactionGraph graph, IReadOnlyList<Operation<ListTransaction>> transactions)
{
    private const int MostOfAKind = 3;

    private const RelationKind Append = RelationKind.Append | RelationKind.Time;
    private const RelationKind Committed = Append | RelationKind.Read;
    private const RelationKind Any = Committed | RelationKind.Overtake;

    /// <summary>The cycles that the level forbids, a few of each kind.</summary>
    public IEnumerable<Violation> Find(IsolationLevel level)
    {
        var told = new HashSet<string>();
        IEnumerable<Violation> found = Cycles("G0", RelationKind.Append, Append, told);
        if (level >= IsolationLevel.ReadCommitted)
        {
            found = found.Concat(Cycles("G1c", RelationKind.Read, Committed, told));
        }

        if (level >= IsolationLevel.SnapshotIsolation)
        {
            found = found.Concat(Cycles("G-single", RelationKind.Overtake, Committed, told));
        }

        return level >= IsolationLevel.Serializable ? found.Concat(Cycles("G2", RelationKind.Overtake, Any, told)) : found;
    }

    // A cycle of a relation of the one kind, closed by a path of the others. What is closed already without more overtaking is told as that.
    private IEnumerable<Violation> Cycles(string kind, RelationKind first, RelationKind others, HashSet<string> told)
    {
        var components = new StrongComponents(graph, first | others);
        var count = 0;
        for (var node = 0; node < graph.Transactions && count < MostOfAKind; node++)
        {
            foreach (var relation in graph.From(node).Where(relation => relation.Kind == first && components.AreTogether(relation.From, relation.To)))
            {
                if (count < MostOfAKind && Path(relation.To, relation.From, others) is { } path)
                {
                    List<Relation> cycle = [relation, .. path];
                    if (told.Add(string.Join(' ', cycle.Select(static item => item.From).Where(item => item < graph.Transactions).Order())))
                    {
                        count++;
                        yield return new Violation(kind + (path.Exists(static item => item.Kind == RelationKind.Time) ? "-realtime" : ""), Draw(cycle));
                    }
                }
            }
        }
    }

    /// <summary>The shortest path of these kinds of relations, or null.</summary>
    private List<Relation>? Path(int from, int to, RelationKind kinds)
    {
        var reachedBy = new Dictionary<int, Relation>();
        var front = new Queue<int>([from]);
        while (front.TryDequeue(out var node))
        {
            foreach (var relation in graph.From(node).Where(relation => (relation.Kind & kinds) != 0 && relation.To != from && reachedBy.TryAdd(relation.To, relation)))
            {
                front.Enqueue(relation.To);
                if (relation.To == to)
                {
                    var path = new List<Relation>();
                    for (var at = to; at != from; at = reachedBy[at].From)
                    {
                        path.Add(reachedBy[at]);
                    }

                    path.Reverse();
                    return path;
                }
            }
        }

        return null;
    }

    private string Draw(List<Relation> cycle)
    {
        var inside = cycle.Select(static relation => relation.From).Where(node => node < graph.Transactions).Distinct().ToList();
        var text = new StringBuilder().AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"{inside.Count} transactions each come before the next, and the last before the first:");
        foreach (var node in inside)
        {
            text.AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"  T{node} of client {transactions[node].Client}: {transactions[node].What}");
        }

        var from = cycle[0].From;
        foreach (var relation in cycle.Where(relation => relation.To < graph.Transactions))
        {
            text.AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"  T{from} before T{relation.To}: T{relation.To} {relation.Why}");
            from = relation.To;
        }

        return text.ToString();
    }
}
