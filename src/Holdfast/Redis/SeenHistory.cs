namespace Holdfast.Redis;

/// <summary>
/// What this process was shown last of each partition's history. When another server process takes a partition over and
/// its history does not contain that, the store has forgotten something that it acknowledged, and it is told here at once
/// and not only when a client comes back with a stamp.
/// </summary>
internal sealed class SeenHistory(int partitions, StateEngineOptions options)
{
    private readonly Lock gate = new();
    private readonly Stamp[] seen = new Stamp[partitions];
    private readonly Stamp?[] unproven = new Stamp?[partitions];

    /// <summary>Takes note of a moment.</summary>
    public void Saw(Stamp at)
    {
        lock (gate)
        {
            ref var last = ref seen[at.Partition];
            if (last.Term == at.Term)
            {
                last = at.Revision > last.Revision ? at : last;
            }
            else if (at.Term > last.Term)
            {
                // A replay tells the term of the first time, which is lower, and nothing new.
                unproven[at.Partition] ??= last.Term > 0 ? last : null;
                last = at;
            }
        }
    }

    /// <summary>Whether the partition's terms are to be asked for: another process serves it than when it was seen before.</summary>
    public bool IsUnproven(int partition) => partition >= 0 && unproven[partition] is not null;

    /// <summary>Takes note of a partition's terms, and tells when what was seen is not among them.</summary>
    public void Learn(PartitionHead head)
    {
        Stamp? before;
        lock (gate)
        {
            var last = seen[head.Partition];
            before = unproven[head.Partition] ?? (last.Term > 0 && last.Term < head.At.Term ? last : null);
            unproven[head.Partition] = null;
            if (head.At.Term > last.Term || (head.At.Term == last.Term && head.Revision > last.Revision))
            {
                seen[head.Partition] = head.At;
            }
        }

        if (before is { } stamp && !head.Contains(stamp))
        {
            StateMeter.LostHistories.Add(1);
            options.Log(new EngineEvent(
                EngineEventLevel.Error,
                "StateLost",
                $"Partition {stamp.Partition} has lost what the store acknowledged: this process saw revision {stamp.Revision} of term {stamp.Term}, and {EndOf(head, stamp.Term)}. "
                + "A failover to a replica that lagged, a restart without an append-only file, or a restored backup does that."));
        }
    }

    private static string EndOf(PartitionHead head, long term)
    {
        for (var i = 0; i < head.Terms.Count - 1; i++)
        {
            if (head.Terms[i].Term == term)
            {
                return $"that term ended at {head.Terms[i + 1].FoundRevision}";
            }
        }

        return "the store knows no such term";
    }
}
