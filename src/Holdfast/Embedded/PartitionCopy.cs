namespace Holdfast.Embedded;

/// <summary>What was visible of a partition at one moment. Records are immutable, so the copy is of references.</summary>
internal sealed class PartitionCopy
{
    public required int Index { get; init; }

    /// <summary>The last frame whose effect is included.</summary>
    public required long Sequence { get; init; }

    public required long Revision { get; init; }

    public required TermStart[] Terms { get; init; }

    public required JournalPosition Trimmed { get; init; }

    public required List<Record> Records { get; init; }

    public required JournalEvent[] Events { get; init; }

    /// <summary>Request ids, those of commits under way included: their frames come later and tell the same.</summary>
    public required KeyValuePair<RequestKey, RequestMark>[] Requests { get; init; }

    public required List<(string Client, long LastUse, (long Sequence, long Term, long Revision)[] Commits)> Clients { get; init; }

    /// <summary>Copies the state, whose lock the caller holds.</summary>
    public static PartitionCopy Of(PartitionState state)
    {
        var records = new List<Record>(state.Slots.Count);
        foreach (var slot in state.Slots.Values)
        {
            if (slot.Visible is { } record)
            {
                records.Add(record);
            }
        }

        var source = state.Journal.Events;
        var events = new JournalEvent[source.Length];
        for (var i = 0; i < events.Length; i++)
        {
            events[i] = source[i].Event;
        }

        List<(string, long, (long, long, long)[])> clients = [];
        foreach (var (client, commits) in state.Clients.All)
        {
            clients.Add((client, commits.LastUse, commits.All.ToArray()));
        }

        return new PartitionCopy
        {
            Index = state.Index,
            Sequence = state.VisibleSequence,
            Revision = state.VisibleRevision,
            Terms = state.Terms,
            Trimmed = state.Journal.Trimmed,
            Records = records,
            Events = events,
            Requests = [.. state.Requests.All],
            Clients = clients,
        };
    }
}
