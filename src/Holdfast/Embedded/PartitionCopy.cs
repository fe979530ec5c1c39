namespace Holdfast.Embedded;

/// <summary>
/// What was visible of a partition at one moment, but for its records: these are copied after it, some at a time, while commits go on, so
/// that a record may be newer than the rest. Replay has every frame after this moment, and passes over what a record shows already.
/// </summary>
internal sealed class PartitionCopy
{
    /// <summary>How many slots are looked at under one hold of the lock.</summary>
    public const int SlotsAtOnce = 256;

    public required int Index { get; init; }

    /// <summary>The last frame whose effect is included.</summary>
    public required long Sequence { get; init; }

    public required long Revision { get; init; }

    public required TermStart[] Terms { get; init; }

    public required JournalPosition Trimmed { get; init; }

    public required JournalEvent[] Events { get; init; }

    /// <summary>Request ids, those of commits under way included: their frames come later and tell the same.</summary>
    public required KeyValuePair<RequestKey, RequestMark>[] Requests { get; init; }

    public required List<(string Client, long LastUse, (long Sequence, long Term, long Revision)[] Commits)> Clients { get; init; }

    /// <summary>Copies the state, whose lock the caller holds.</summary>
    public static PartitionCopy Of(PartitionState state)
    {
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
            Events = events,
            Requests = [.. state.Requests.All],
            Clients = clients,
        };
    }
}
