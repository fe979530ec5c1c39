namespace Holdfast.Redis;

/// <summary>
/// What this process was shown last of each partition's history. When another term begins, or an earlier one goes on, and
/// the store's history does not contain that, the store has forgotten something that it acknowledged, and it is told here
/// at once and not only when a client comes back with a stamp.
/// </summary>
internal sealed class SeenHistory(int partitions, StateEngineOptions options)
{
    private readonly Lock gate = new();
    private readonly Stamp[] seen = new Stamp[partitions];

    // Of each term the last moment: what the next head is to contain. Null for none.
    private readonly List<Stamp>?[] unproven = new List<Stamp>?[partitions];

    /// <summary>Takes note of a moment.</summary>
    /// <param name="at">The moment.</param>
    /// <param name="isNow">Whether the store said that it is now: it may remember a commit that was made long ago, in an earlier term.</param>
    public void Saw(Stamp at, bool isNow)
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
                Doubt(last);
                last = at;
            }
            else if (isNow)
            {
                // A server that has never heard of the last term goes on in the one before, or has opened the next by a clock that is behind. Or this
                // reply comes late, from who was replaced, and tells what that one has acknowledged last.
                Doubt(last);
                Doubt(at);
            }
        }
    }

    /// <summary>Whether the partition's terms are to be asked for: it was seen in another one before.</summary>
    public bool IsUnproven(int partition) => partition >= 0 && Volatile.Read(ref unproven[partition]) is not null;

    /// <summary>Takes note of a partition's terms, and tells when what was seen is not among them.</summary>
    /// <param name="head">What the store told of the partition.</param>
    /// <param name="isOfLeader">Whether its server is the one that serves the partition, as far as is known. One that was replaced says nothing of what came after.</param>
    public void Learn(PartitionHead head, bool isOfLeader)
    {
        Stamp[] lost;
        lock (gate)
        {
            ref var last = ref seen[head.Partition];
            if (head.At.Term < last.Term && !isOfLeader)
            {
                return;
            }

            Doubt(last);
            lost = [.. (unproven[head.Partition] ?? []).Where(stamp => !head.Contains(stamp))];
            Volatile.Write(ref unproven[head.Partition], null);
            last = lost.Contains(last) ? head.At : Later(last, head.At);
        }

        StateMeter.LostHistories.Add(lost.Length > 0 ? 1 : 0);
        foreach (var stamp in lost)
        {
            Tell(stamp, head);
        }
    }

    private void Doubt(Stamp at)
    {
        if (at.Term == 0)
        {
            return;
        }

        var doubted = unproven[at.Partition] ?? [];
        var known = doubted.FindIndex(stamp => stamp.Term == at.Term);
        if (known < 0)
        {
            doubted.Add(at);
        }
        else
        {
            doubted[known] = Later(doubted[known], at);
        }

        Volatile.Write(ref unproven[at.Partition], doubted);
    }

    private static Stamp Later(Stamp one, Stamp other) => (other.Term, other.Revision).CompareTo((one.Term, one.Revision)) > 0 ? other : one;

    private void Tell(Stamp stamp, PartitionHead head) => options.Log(new EngineEvent(
        EngineEventLevel.Error,
        "StateLost",
        $"Partition {stamp.Partition} has lost what the store acknowledged: this process saw revision {stamp.Revision} of term {stamp.Term}, and {EndOf(head, stamp.Term)}. "
        + "A failover to a replica that lagged, a restart without an append-only file, or a restored backup does that."));

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
