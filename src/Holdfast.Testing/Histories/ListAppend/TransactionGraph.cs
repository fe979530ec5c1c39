namespace Holdfast.Testing;

/// <summary>
/// Who came before whom. Time would relate each transaction to all that began after its end: instead, each end is a
/// moment, a node of its own that leads to the next moment, and to the transactions that begin before that.
/// </summary>
internal sealed class TransactionGraph
{
    private readonly List<List<Relation>> relations = [];

    public TransactionGraph(int transactions)
    {
        Transactions = transactions;
        for (var i = 0; i < transactions; i++)
        {
            relations.Add([]);
        }
    }

    /// <summary>How many nodes are transactions; those from there on are moments.</summary>
    public int Transactions { get; }

    public int Nodes => relations.Count;

    public IReadOnlyList<Relation> From(int node) => relations[node];

    public void Add(int from, int to, RelationKind kind, string why) => relations[from].Add(new Relation(from, to, kind, why));

    /// <summary>Relates those that had ended when others began. What failed had no effect, and what is of unknown outcome never ended.</summary>
    public void RelateByTime(IReadOnlyList<Operation<ListTransaction>> transactions)
    {
        var events = new List<(long Moment, int Transaction, bool IsEnd)>();
        for (var i = 0; i < transactions.Count; i++)
        {
            if (transactions[i].Outcome != OperationOutcome.Failed)
            {
                events.Add((transactions[i].Call, i, false));
            }

            if (transactions[i].Outcome == OperationOutcome.Done)
            {
                events.Add((transactions[i].Return, i, true));
            }
        }

        int? moment = null;
        foreach (var (_, transaction, isEnd) in events.OrderBy(static item => item.Moment))
        {
            if (isEnd)
            {
                relations.Add([]);
                Add(transaction, Nodes - 1, RelationKind.Time, "");
                if (moment is { } before)
                {
                    Add(before, Nodes - 1, RelationKind.Time, "");
                }

                moment = Nodes - 1;
            }
            else if (moment is { } last)
            {
                Add(last, transaction, RelationKind.Time, "began after the other had ended");
            }
        }
    }
}
