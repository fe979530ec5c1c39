namespace Holdfast.Testing;

/// <summary>
/// Each list as its longest reading shows it, who appended what, and what the readings say that can't be. A transaction of unknown
/// outcome took effect if somebody read what it appended.
/// </summary>
internal sealed class AppendedLists
{
    private readonly Operation<ListTransaction>[] transactions;
    private readonly Dictionary<(string List, long Number), int> writers = [];
    private readonly Dictionary<string, IReadOnlyList<long>> longest = [];

    public AppendedLists(Operation<ListTransaction>[] transactions)
    {
        this.transactions = transactions;
        for (var i = 0; i < transactions.Length; i++)
        {
            foreach (var step in transactions[i].What.Steps)
            {
                if (step.Appended is { } number && !writers.TryAdd((step.List, number), i))
                {
                    throw new ArgumentException($"{number} is appended to {step.List} twice: no reading could tell by whom.", nameof(transactions));
                }
            }
        }

        foreach (var (_, step) in Readings())
        {
            if (step.Read!.Count > longest.GetValueOrDefault(step.List, []).Count)
            {
                longest[step.List] = step.Read;
            }
        }

        FindContradictions();
        FindBadReads();
    }

    /// <summary>What no level allows.</summary>
    public List<Violation> Contradictions { get; } = [];

    /// <summary>G1a and G1b.</summary>
    public List<Violation> BadReads { get; } = [];

    /// <summary>Tells the graph who came before whom, and why.</summary>
    public void Relate(TransactionGraph graph)
    {
        var unseen = writers.Where(writer => transactions[writer.Value].Outcome == OperationOutcome.Done && !longest.GetValueOrDefault(writer.Key.List, []).Contains(writer.Key.Number))
            .ToLookup(static writer => writer.Key.List, static writer => (writer.Key.Number, Writer: writer.Value));
        foreach (var (list, order) in longest)
        {
            for (var i = 1; i < order.Count; i++)
            {
                Relate(graph, Writer(list, order[i - 1]), Writer(list, order[i]), RelationKind.Append, $"appended {order[i]} to {list} after {order[i - 1]}");
            }

            foreach (var (number, writer) in unseen[list])
            {
                Relate(graph, Writer(list, order[^1]), writer, RelationKind.Append, $"appended {number} to {list}, where nobody has read it yet");
            }
        }

        foreach (var (reader, step) in Readings())
        {
            var (list, read, order) = (step.List, step.Read!, longest.GetValueOrDefault(step.List, []));
            if (read.Count > 0)
            {
                Relate(graph, Writer(list, read[^1]), reader, RelationKind.Read, $"read {read[^1]} at the end of {list}");
            }

            if (read.Count < order.Count)
            {
                Relate(graph, reader, Writer(list, order[read.Count]), RelationKind.Overtake, $"appended {order[read.Count]} to {list}, which the other had not read");
                continue;
            }

            foreach (var (number, writer) in unseen[list])
            {
                Relate(graph, reader, writer, RelationKind.Overtake, $"appended {number} to {list}, which the other had not read");
            }
        }
    }

    private static void Relate(TransactionGraph graph, int? from, int? to, RelationKind kind, string why)
    {
        if (from is { } one && to is { } other && one != other)
        {
            graph.Add(one, other, kind, why);
        }
    }

    private int? Writer(string list, long number) => writers.TryGetValue((list, number), out var writer) ? writer : null;

    private IEnumerable<(int Reader, ListStep Step)> Readings() =>
        from i in Enumerable.Range(0, transactions.Length)
        where transactions[i].Outcome == OperationOutcome.Done
        from step in transactions[i].What.Steps
        where step.Read is not null
        select (i, step);

    private void FindContradictions()
    {
        foreach (var (reader, step) in Readings())
        {
            var read = step.Read!;
            if (read.Distinct().Count() < read.Count)
            {
                Contradictions.Add(new("duplicate", $"{Tell(reader)} has a number twice."));
            }
            else if (!read.SequenceEqual(longest.GetValueOrDefault(step.List, []).Take(read.Count)))
            {
                Contradictions.Add(new("incompatible order", $"{Tell(reader)} does not begin as the longest reading does: [{string.Join(' ', longest[step.List])}]."));
            }

            foreach (var number in read.Where(number => Writer(step.List, number) is null))
            {
                Contradictions.Add(new("garbage", $"{Tell(reader)} has {number}, which nobody appended."));
            }
        }

        for (var i = 0; i < transactions.Length; i++)
        {
            if (transactions[i].Outcome == OperationOutcome.Done)
            {
                FindInternal(i);
            }
        }
    }

    // After a reading, the next one of the same list in the same transaction is that and what the transaction appended meanwhile; without a
    // reading before, it ends with what the transaction appended.
    private void FindInternal(int index)
    {
        var (before, own) = (new Dictionary<string, IReadOnlyList<long>>(), new Dictionary<string, List<long>>());
        foreach (var step in transactions[index].What.Steps)
        {
            var appended = own.TryGetValue(step.List, out var known) ? known : own[step.List] = [];
            if (step.Appended is { } number)
            {
                appended.Add(number);
                continue;
            }

            var isKept = before.TryGetValue(step.List, out var earlier)
                ? step.Read!.SequenceEqual(earlier.Concat(appended))
                : step.Read!.TakeLast(appended.Count).SequenceEqual(appended);
            if (!isKept)
            {
                Contradictions.Add(new("internal", $"{Tell(index)} does not see its own steps in {step.List}."));
            }

            before[step.List] = step.Read!;
            appended.Clear();
        }
    }

    private void FindBadReads()
    {
        foreach (var (reader, step) in Readings())
        {
            foreach (var number in step.Read!)
            {
                if (Writer(step.List, number) is { } failed && transactions[failed].Outcome == OperationOutcome.Failed)
                {
                    BadReads.Add(new("G1a", $"{Tell(reader)} has {number}, though {Tell(failed)} failed."));
                }
            }

            if (step.Read.Count > 0 && Writer(step.List, step.Read[^1]) is { } writer && writer != reader)
            {
                var last = transactions[writer].What.Steps.Last(other => other.List == step.List && other.Appended is not null).Appended;
                if (last != step.Read[^1])
                {
                    BadReads.Add(new("G1b", $"{Tell(reader)} ends in the middle of {Tell(writer)}."));
                }
            }
        }
    }

    private string Tell(int index) => $"({transactions[index].What}) of client {transactions[index].Client}";
}
