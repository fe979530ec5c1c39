namespace Holdfast.Embedded;

/// <summary>Evaluates a commit against the newest records of its partition and changes nothing. Needs the partition's lock.</summary>
internal static class CommitPlan
{
    /// <summary>The first condition that does not hold, if there is one.</summary>
    public static Refusal? Check(PartitionState state, Commit commit, PlannedChange[] plan, long now)
    {
        for (var i = 0; i < plan.Length; i++)
        {
            var change = commit.Changes[i];
            state.Slots.TryGetValue(change.Address, out var slot);
            var before = PartitionState.Alive(slot?.Newest, now);
            plan[i] = new PlannedChange { Address = change.Address, Slot = slot, Before = before };
            for (var j = 0; j < change.Conditions.Count; j++)
            {
                if (!change.Conditions[j].HoldsFor(before))
                {
                    return new Refusal(i, change.Conditions[j], before);
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
            if (commit.Changes[i].Kind == ChangeKind.Update || (commit.Changes[i].Kind == ChangeKind.Delete && plan[i].Before is not null))
            {
                return true;
            }
        }

        return commit.Events.Count > 0;
    }

    /// <summary>Works out the records after the commit; true if any of them differs from the one before.</summary>
    public static bool Complete(PartitionState state, Commit commit, PlannedChange[] plan, long revision, long now)
    {
        var any = false;
        for (var i = 0; i < plan.Length; i++)
        {
            ref var planned = ref plan[i];
            var change = commit.Changes[i];
            var deadline = DeadlineOf(state.Clock, change.Expiry, planned.Before, now);
            switch (change.Kind)
            {
                case ChangeKind.Update:
                    planned.After = RecordEditor.Update(planned.Before, change, revision, deadline);
                    planned.Effect = planned.Before is null ? ChangeEffect.Create : ChangeEffect.Change;
                    break;
                case ChangeKind.Delete:
                    planned.Effect = planned.Before is null ? ChangeEffect.None : ChangeEffect.Delete;
                    break;
                case ChangeKind.Keep when planned.Before is { } before && deadline != before.Deadline:
                    planned.After = RecordEditor.Touch(before, deadline);
                    planned.Effect = ChangeEffect.Touch;
                    break;
                default:
                    planned.After = planned.Before;
                    break;
            }

            any |= planned.Effect != ChangeEffect.None;
        }

        return any;
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

    private static long? DeadlineOf(StoreClock clock, Expiry expiry, Record? before, long now) =>
        expiry.IsUnchanged ? before?.Deadline
        : expiry.IsNever ? null
        : clock.After(now, expiry.Milliseconds);
}
