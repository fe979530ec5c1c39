namespace Holdfast.Embedded;

/// <summary>Evaluates a commit against the newest records of its partition and changes nothing. Needs the partition's lock.</summary>
internal static class CommitPlan
{
    /// <summary>The first condition that does not hold, if there is one.</summary>
    public static Refusal? Check(RecordTable table, Commit commit, PlannedChange[] plan, long now)
    {
        for (var i = 0; i < plan.Length; i++)
        {
            var change = commit.Changes[i];
            var slot = table.Find(change.Address, out var hash);
            var before = table.Newest(slot, now);
            plan[i] = new PlannedChange
            {
                Address = change.Address,
                Hash = hash,
                Slot = slot,
                Exists = !before.IsAbsent,
                RevisionBefore = before.IsAbsent ? 0 : before.Revision,
                DeadlineBefore = before.Deadline,
            };
            for (var j = 0; j < change.Conditions.Count; j++)
            {
                if (!before.Meets(change.Conditions[j]))
                {
                    return new Refusal(i, change.Conditions[j], before.ToRecord(change.Address));
                }
            }
        }

        return null;
    }

    /// <summary>Whether the commit takes a revision of its own.</summary>
    public static bool TakesRevision(Commit commit, PlannedChange[] plan)
    {
        for (var i = 0; i < plan.Length; i++)
        {
            if (commit.Changes[i].Kind == ChangeKind.Update || (commit.Changes[i].Kind == ChangeKind.Delete && plan[i].Exists))
            {
                return true;
            }
        }

        return commit.Events.Count > 0;
    }

    /// <summary>Works out what each change leads to, but for the fields; tells how many lead to something.</summary>
    public static int SetEffects(StoreClock clock, Commit commit, PlannedChange[] plan, long now)
    {
        var count = 0;
        for (var i = 0; i < plan.Length; i++)
        {
            ref var planned = ref plan[i];
            var change = commit.Changes[i];
            planned.Deadline = DeadlineOf(clock, change.Expiry, planned, now);
            planned.Effect = change.Kind switch
            {
                ChangeKind.Update => planned.Exists ? ChangeEffect.Change : ChangeEffect.Create,
                ChangeKind.Delete when planned.Exists => ChangeEffect.Delete,
                ChangeKind.Keep when planned.Exists && planned.Deadline != planned.DeadlineBefore => ChangeEffect.Touch,
                _ => ChangeEffect.None,
            };
            count += planned.Effect == ChangeEffect.None ? 0 : 1;
        }

        return count;
    }

    public static Record?[] After(PlannedChange[] plan)
    {
        var records = new Record?[plan.Length];
        for (var i = 0; i < plan.Length; i++)
        {
            records[i] = plan[i].After;
        }

        return records;
    }

    /// <summary>Which records before are those that the changes' sender holds; see <see cref="CommitVerdict.AsHeld"/>.</summary>
    public static ulong AsHeld(Commit commit, PlannedChange[] plan, long term)
    {
        var bits = 0UL;
        for (var i = 0; i < plan.Length; i++)
        {
            var change = commit.Changes[i];
            bits |= change.HeldTerm == term && change.HeldRevision == plan[i].RevisionBefore ? 1UL << i : 0;
        }

        return bits;
    }

    /// <summary>The records without those that were only kept.</summary>
    public static Record?[] Told(Commit commit, Record?[] records)
    {
        var told = records;
        for (var i = 0; i < records.Length; i++)
        {
            if (commit.Changes[i].Kind == ChangeKind.Keep && records[i] is not null)
            {
                told = ReferenceEquals(told, records) ? [.. records] : told;
                told[i] = null;
            }
        }

        return told;
    }

    public static JournalEvent[] EventsOf(Commit commit, long revision, long wall)
    {
        if (commit.Events.Count == 0)
        {
            return [];
        }

        var time = DateTimeOffset.FromUnixTimeMilliseconds(wall);
        var events = new JournalEvent[commit.Events.Count];
        for (var i = 0; i < events.Length; i++)
        {
            events[i] = new JournalEvent(new JournalPosition(revision, i), time, commit.Events[i].Type, commit.Events[i].Payload.ToArray());
        }

        return events;
    }

    /// <summary>By how much a record will be larger whose version after takes so many bytes, 0 if the change makes none.</summary>
    public static long GrowthOf(RecordTable table, in PlannedChange change, int bytes)
    {
        var growth = bytes > 0 ? SizeClasses.BlockBytes(bytes) : 0L;
        if (change.Effect != ChangeEffect.None && change.Slot >= 0 && change.Effect != ChangeEffect.Touch)
        {
            growth -= table.Memory.BytesOf(table[change.Slot].Newest);
        }
        else if (change.Effect == ChangeEffect.Create)
        {
            growth += RecordTable.OverheadBytes;
        }

        return growth;
    }

    /// <summary>When the record expires after the change.</summary>
    public static long DeadlineOf(StoreClock clock, Expiry expiry, in PlannedChange planned, long now) =>
        expiry.IsUnchanged ? planned.Exists ? planned.DeadlineBefore : Slot.Never
        : expiry.IsNever ? Slot.Never
        : clock.After(now, expiry.Milliseconds);
}
