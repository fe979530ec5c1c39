namespace Holdfast.Embedded;

/// <summary>
/// A live partition: a lock taken on the caller's thread. Commits are evaluated against the newest records and
/// appended to the log under the lock; they become visible when the log releases them, in the log's order. A commit
/// waits for the disk if an earlier one of its partition does, so that what is visible is always a prefix.
/// </summary>
internal sealed class EmbeddedPartition(PartitionState state, LogWriter log, Func<ChangeObserver?> observer)
{
    private const int ReapedAtOnce = 64;
    private const int ForgottenAtOnce = 256;

    private readonly Lock gate = new();
    private readonly WatchList watches = new();
    private readonly PayloadWriter frame = new();
    private int pendings;
    private int pendingSyncs;
    private Task lastPending = Task.CompletedTask;

    public int Index => state.Index;

    public Reading Read(Address address)
    {
        lock (gate)
        {
            return new Reading(VisibleRecord(address, state.Clock.Timestamp), state.Visible);
        }
    }

    public Reading[] Read(IReadOnlyList<Address> addresses)
    {
        var readings = new Reading[addresses.Count];
        lock (gate)
        {
            var now = state.Clock.Timestamp;
            for (var i = 0; i < readings.Length; i++)
            {
                readings[i] = new Reading(VisibleRecord(addresses[i], now), state.Visible);
            }
        }

        return readings;
    }

    public PartitionHead Head()
    {
        lock (gate)
        {
            return new PartitionHead(Index, state.VisibleRevision, state.Terms);
        }
    }

    public JournalPage ReadJournal(JournalPosition after, int maxEvents)
    {
        lock (gate)
        {
            return state.Journal.Read(after, maxEvents, state.Visible);
        }
    }

    /// <summary>The visible records of a kind.</summary>
    public List<Record> Scan(string kind)
    {
        List<Record> found = [];
        lock (gate)
        {
            var now = state.Clock.Timestamp;
            foreach (var (address, slot) in state.Slots)
            {
                var text = address.ToString();
                if (text.Length > kind.Length && text[kind.Length] == '/' && text.StartsWith(kind, StringComparison.Ordinal)
                    && PartitionState.Alive(slot.Visible, now) is { } record)
                {
                    found.Add(record);
                }
            }
        }

        return found;
    }

    /// <summary>The addresses of the visible records.</summary>
    public List<Address> Addresses()
    {
        lock (gate)
        {
            var now = state.Clock.Timestamp;
            List<Address> found = new(state.Slots.Count);
            foreach (var (address, slot) in state.Slots)
            {
                if (PartitionState.Alive(slot.Visible, now) is not null)
                {
                    found.Add(address);
                }
            }

            return found;
        }
    }

    /// <summary>How many records there are, those included that come, go or have expired just now.</summary>
    public int Count()
    {
        lock (gate)
        {
            return state.Slots.Count;
        }
    }

    /// <summary>Makes the commit in memory and in the log, or says why not; nothing may be told before the verdict is durable.</summary>
    public CommitVerdict Commit(Commit commit, string? fingerprint, CommitSender sender)
    {
        lock (gate)
        {
            return Evaluate(commit, fingerprint, sender, state.Clock.Timestamp);
        }
    }

    /// <summary>Makes one commit of what is decided about the newest records, with nothing in between.</summary>
    public CommitVerdict Commit(IReadOnlyList<RecordDecision> decisions, Durability durability, CommitSender sender)
    {
        lock (gate)
        {
            var now = state.Clock.Timestamp;
            var changes = new List<RecordChange>(decisions.Count);
            for (var i = 0; i < decisions.Count; i++)
            {
                state.Slots.TryGetValue(decisions[i].Address, out var slot);
                if (decisions[i].Decide(PartitionState.Alive(slot?.Newest, now)) is { } change)
                {
                    changes.Add(change);
                }
            }

            return changes.Count > 0
                ? Evaluate(new Commit(changes) { Durability = durability }, null, sender, now)
                : new CommitVerdict(new CommitResult(state.Newest, [], isReplay: false), [], lastPending);
        }
    }

    /// <summary>Shows what a pending commit led to; on the log's thread.</summary>
    public void Release(PendingCommit pending)
    {
        lock (gate)
        {
            state.VisibleSequence = pending.Sequence;
            pendings--;
            pendingSyncs -= pending.UntilSynced ? 1 : 0;
            foreach (ref readonly var change in pending.Changes.AsSpan())
            {
                if (change.Effect != ChangeEffect.None)
                {
                    change.Slot!.Visible = change.After;
                    Settle(change.Slot);
                    watches.Pulse(change.Address);
                }
            }

            if (pending.TakesRevision)
            {
                state.VisibleRevision = pending.Revision;
                foreach (var item in pending.Events)
                {
                    state.Journal.Append(item, pending.Timestamp);
                }

                watches.PulseHead();
            }

            // Under the lock, so that nobody reads the change before it is told, or what it replaced after.
            Tell(pending);
        }
    }

    /// <summary>Takes a pending commit back; on the log's thread, which takes back all that are pending.</summary>
    public void RollBack(PendingCommit pending)
    {
        lock (gate)
        {
            pendings--;
            pendingSyncs -= pending.UntilSynced ? 1 : 0;
            if (pendings == 0)
            {
                // Until then what is still to be taken back decides commits, and their verdicts must fail with it.
                lastPending = Task.CompletedTask;
            }

            state.Revision = state.VisibleRevision;
            foreach (ref readonly var change in pending.Changes.AsSpan())
            {
                if (change.Effect != ChangeEffect.None)
                {
                    change.Slot!.Newest = change.Slot.Visible;
                    state.Expiries.Note(change.Slot, change.Slot.Newest?.Deadline);
                    Settle(change.Slot);
                }
            }

            CommitMemory.Remove(state, pending);
        }
    }

    /// <summary>Removes some of the records that have expired; false when there are no more of them now.</summary>
    /// <param name="again">When records that can't be removed yet are looked at again, as a timestamp.</param>
    public bool Reap(long again)
    {
        var now = state.Clock.Timestamp;
        if (state.Expiries.Next > now)
        {
            return false;
        }

        var buffer = new Slot?[ReapedAtOnce];
        lock (gate)
        {
            var expired = buffer.AsSpan(0, state.Expiries.Take(now, again, buffer));
            if (expired.Length > 0)
            {
                AppendReaping(expired, now, again);
            }

            return expired.Length == ReapedAtOnce;
        }
    }

    /// <summary>Forgets request ids, clients and events whose time is over.</summary>
    public void Forget(long now, long clientsUnusedSince, long eventsBefore)
    {
        lock (gate)
        {
            state.Requests.Forget(now, ForgottenAtOnce);
            state.Clients.ForgetUnusedSince(clientsUnusedSince);
            state.Journal.TrimBefore(eventsBefore);
        }
    }

    /// <summary>What is visible, for a snapshot.</summary>
    public PartitionCopy Copy()
    {
        lock (gate)
        {
            return PartitionCopy.Of(state);
        }
    }

    public Watch Watch(Address? address)
    {
        var watch = new Watch(ended =>
        {
            lock (gate)
            {
                watches.Remove(address, ended);
            }

            return ValueTask.CompletedTask;
        });
        lock (gate)
        {
            watches.Add(address, watch);
        }

        return watch;
    }

    public List<Watch> Watches()
    {
        lock (gate)
        {
            return watches.ToList();
        }
    }

    private CommitVerdict Evaluate(Commit commit, string? fingerprint, CommitSender sender, long now)
    {
        if (CommitMemory.Find(state, commit, fingerprint, sender, now) is { } known)
        {
            return known with { Durable = lastPending };
        }

        var plan = new PlannedChange[commit.Changes.Count];
        if (CommitPlan.Check(state, commit, plan, now) is { } refusal)
        {
            return new CommitVerdict(new CommitResult(state.Newest, refusal), [], lastPending);
        }

        var takesRevision = CommitPlan.TakesRevision(commit, plan);
        var revision = takesRevision ? state.Revision + 1 : state.Revision;
        var changed = CommitPlan.Complete(state, commit, plan, revision, now);
        if (takesRevision || changed || commit.Request is not null || sender.IsRemembered)
        {
            Append(commit, fingerprint, sender, plan, revision, takesRevision, now);
        }

        var after = CommitPlan.After(plan);
        var result = new CommitResult(state.Newest, CommitPlan.Told(commit, after), isReplay: false);
        return new CommitVerdict(result, after, lastPending);
    }

    private Record? VisibleRecord(Address address, long now) =>
        state.Slots.TryGetValue(address, out var slot) ? PartitionState.Alive(slot.Visible, now) : null;

    private void Append(
        Commit commit, string? fingerprint, CommitSender sender, PlannedChange[] plan, long revision, bool takesRevision, long now)
    {
        var wall = state.Clock.WallMilliseconds;
        var request = commit.Request is { } id ? new RequestKey(id.Id, id.Step) : (RequestKey?)null;
        var mark = request is null ? null : new RequestMark(
            fingerprint!, state.Term, revision, state.Clock.After(now, (long)Math.Ceiling(commit.Request!.Window.TotalMilliseconds)));
        var pending = new PendingCommit(this)
        {
            Changes = plan,
            Events = CommitPlan.EventsOf(commit, revision, wall),
            Revision = revision,
            TakesRevision = takesRevision,
            Timestamp = now,
            WallMilliseconds = wall,
            Sender = sender,
            Request = request,
            Mark = mark,
            UntilSynced = commit.Durability == Durability.Synced || pendingSyncs > 0,
        };
        var memory = CommitMemory.BytesOf(state, pending);
        if (memory > 0)
        {
            state.Memory.Reserve(memory);
        }

        try
        {
            CommitFrame.Write(frame, Index, pending, commit, state.Clock);
            Apply(pending);
        }
        catch
        {
            state.Memory.Release(memory);
            throw;
        }

        CommitMemory.Add(state, pending);
    }

    /// <summary>Puts the frame into the log, and then, as that can't fail any more, its effect into the newest records.</summary>
    private void Apply(PendingCommit pending)
    {
        lastPending = log.Append(frame.Written, pending, out var sequence);
        pending.Sequence = sequence;
        pendings++;
        pendingSyncs += pending.UntilSynced ? 1 : 0;
        state.Revision = pending.Revision;
        foreach (ref var change in pending.Changes.AsSpan())
        {
            if (change.Effect != ChangeEffect.None)
            {
                change.Slot ??= state.SlotOf(change.Address);
                change.Slot.Newest = change.After;
                change.Slot.Pending++;
                state.Expiries.Note(change.Slot, change.After?.Deadline);
            }
        }
    }

    private void AppendReaping(Span<Slot?> expired, long now, long again)
    {
        var changes = new PlannedChange[expired.Length];
        for (var i = 0; i < expired.Length; i++)
        {
            changes[i] = new PlannedChange { Address = expired[i]!.Address, Slot = expired[i], Effect = ChangeEffect.Delete };
        }

        var pending = new PendingCommit(this)
        {
            Changes = changes,
            Events = [],
            Revision = state.Revision,
            TakesRevision = false,
            Timestamp = now,
            WallMilliseconds = state.Clock.WallMilliseconds,
            UntilSynced = pendingSyncs > 0,
        };
        CommitFrame.Write(frame, Index, pending, null, state.Clock);
        try
        {
            Apply(pending);
        }
        catch (StateException)
        {
            // The records are absent for every reader all the same; they keep their memory until the log takes frames.
            foreach (var slot in expired)
            {
                state.Expiries.Note(slot!, again);
            }
        }
    }

    private void Settle(Slot slot)
    {
        if (--slot.Pending == 0 && slot.Newest is null && slot.Visible is null)
        {
            state.Slots.Remove(slot.Address);
        }
    }

    private void Tell(PendingCommit pending)
    {
        if (observer() is not { } tell)
        {
            return;
        }

        foreach (var change in pending.Changes)
        {
            if (change.Effect != ChangeEffect.None)
            {
                tell(Index, change.Address, pending.Sender.Origin);
            }
        }

        if (pending.TakesRevision)
        {
            tell(Index, null, pending.Sender.Origin);
        }
    }
}
