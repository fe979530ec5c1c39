namespace Holdfast.Embedded;

/// <summary>
/// A live partition: a lock taken on the caller's thread. Commits are evaluated against the newest records and
/// appended to the log under the lock; they become visible when the log releases them, in the log's order. A commit
/// waits for the disk if an earlier one of its partition does, so that what is visible is always a prefix.
/// </summary>
internal sealed class EmbeddedPartition
{
    private const int ReapedAtOnce = 64;
    private const int ForgottenAtOnce = 256;

    private readonly Lock gate = new();
    private readonly PartitionState state;
    private readonly RecordTable table;
    private readonly PendingFrames underWay = new();
    private readonly PartitionReplacements replacements;
    private readonly PartitionCommits commits;
    private readonly WatchList watches = new();
    private readonly Func<object?, ChangeObserver?> observer;
    private bool isClosed;

    public EmbeddedPartition(PartitionState state, LogWriter log, Func<object?, ChangeObserver?> observer)
    {
        (this.state, table, this.observer) = (state, state.Table, observer);
        replacements = new PartitionReplacements(state, underWay, log, this);
        commits = new PartitionCommits(state, underWay, replacements, log, this);
    }

    public int Index => state.Index;

    /// <summary>The records, for who fetches them.</summary>
    public RecordTable Table => table;

    /// <summary>How many records were removed since the store was opened because their time was over.</summary>
    public long Expired => state.Expired;

    /// <summary>How many records were removed since then to have their memory.</summary>
    public long Evicted => state.Evicted;

    public Reading Read(Address address)
    {
        lock (gate)
        {
            CheckOpen();
            return new Reading(Visible(address, state.Clock.Timestamp).ToRecord(address), state.Visible);
        }
    }

    /// <summary>Reads into a buffer; false when there is no record.</summary>
    public bool Read(Address address, RecordBuffer buffer)
    {
        lock (gate)
        {
            CheckOpen();
            return Visible(address, state.Clock.Timestamp).CopyTo(buffer, state.Visible);
        }
    }

    public void Look<T>(ReadOnlySpan<byte> address, uint hash, T state, RecordLook<T> look)
    {
        lock (gate)
        {
            CheckOpen();
            look(Visible(table.Find(address, hash)), state);
        }
    }

    public Reading[] Read(IReadOnlyList<Address> addresses)
    {
        var readings = new Reading[addresses.Count];
        lock (gate)
        {
            CheckOpen();
            var now = state.Clock.Timestamp;
            for (var i = 0; i < readings.Length; i++)
            {
                readings[i] = new Reading(Visible(addresses[i], now).ToRecord(addresses[i]), state.Visible);
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

    /// <summary>Some of the visible records of a kind, from a slot on; false when there are no more.</summary>
    public bool Scan(string kind, ref int slot, List<Record> found)
    {
        Span<byte> prefix = stackalloc byte[Address.MaxKindLength + 1];
        prefix = prefix[..System.Text.Encoding.ASCII.GetBytes($"{kind}/", prefix)];
        lock (gate)
        {
            CheckOpen();
            var now = state.Clock.Timestamp;
            for (var end = Math.Min(slot + PartitionCopy.SlotsAtOnce, table.SlotCount); slot < end; slot++)
            {
                if (table.Visible(slot, now) is { IsAbsent: false } record && record.Address.StartsWith(prefix))
                {
                    found.Add(record.ToRecord()!);
                }
            }

            return slot < table.SlotCount;
        }
    }

    /// <summary>The addresses of the visible records.</summary>
    public List<Address> Addresses()
    {
        lock (gate)
        {
            CheckOpen();
            var now = state.Clock.Timestamp;
            List<Address> found = new(table.Count);
            for (var slot = 0; slot < table.SlotCount; slot++)
            {
                if (table.Visible(slot, now) is { IsAbsent: false } record)
                {
                    found.Add(Address.OfValidBytes(record.Address));
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
            return table.Count;
        }
    }

    /// <summary>Adds what the records take, by the numbers of their kinds.</summary>
    public void AddUsage(Span<KindUsage> sums)
    {
        lock (gate)
        {
            var usage = table.Usage;
            for (var kind = 0; kind < Math.Min(usage.Length, sums.Length); kind++)
            {
                sums[kind] += usage[kind];
            }
        }
    }

    /// <summary>Makes the commit in memory and in the log, or says why not; nothing may be told before the verdict is durable.</summary>
    public CommitVerdict Commit(Commit commit, string? fingerprint, CommitSender sender)
    {
        lock (gate)
        {
            CheckOpen();
            return commits.Make(commit, fingerprint, sender, state.Clock.Timestamp);
        }
    }

    /// <summary>Makes one commit of what is decided about the newest records, with nothing in between.</summary>
    public Task Commit(ReadOnlySpan<RecordDecision> decisions, Durability durability, CommitSender sender)
    {
        lock (gate)
        {
            CheckOpen();
            return commits.Make(decisions, durability, sender, state.Clock.Timestamp);
        }
    }

    /// <summary>Makes a commit of a record's one field, if it is absent or has that field alone; tells when that is durable, or null if it is otherwise.</summary>
    public Task? TryReplace(ReadOnlySpan<byte> address, uint hash, in FieldReplacement field, Durability durability, CommitSender sender, StoreMoment now)
    {
        lock (gate)
        {
            CheckOpen();
            return replacements.TryMake(address, hash, field, durability, sender, now) ? underWay.Durable : null;
        }
    }

    /// <summary>Shows what a pending commit led to; on the log's thread.</summary>
    public void Release(PendingCommit pending)
    {
        lock (gate)
        {
            commits.Release(pending);
            if (watches.HasOfRecords)
            {
                Pulse(pending);
            }

            if (pending.TakesRevision)
            {
                watches.PulseHead();
            }

            // Under the lock, so that nobody reads the change before it is told, or what it replaced after.
            Tell(pending);
        }
    }

    /// <summary>Shows what a commit led to that has replaced a record's one field; on the log's thread.</summary>
    public void Release(in ReplacedRecord replaced, long sequence, bool untilSynced)
    {
        lock (gate)
        {
            replacements.Release(replaced, sequence, untilSynced);
            if (watches.HasOfRecords)
            {
                watches.Pulse(Address.OfValidBytes(table.AddressOf(replaced.Slot)));
            }

            watches.PulseHead();
            if (observer(replaced.Origin) is { } tell)
            {
                tell(Index, Address.OfValidBytes(table.AddressOf(replaced.Slot)), replaced.Origin);
                tell(Index, null, replaced.Origin);
            }
        }
    }

    /// <summary>Takes such a commit back.</summary>
    public void RollBack(in ReplacedRecord replaced, bool untilSynced)
    {
        lock (gate)
        {
            replacements.RollBack(replaced, untilSynced);
        }
    }

    /// <summary>Takes a pending commit back; on the log's thread, which takes back all that are pending.</summary>
    public void RollBack(PendingCommit pending)
    {
        lock (gate)
        {
            commits.RollBack(pending);
        }
    }

    /// <summary>Removes some of the records that have expired; false when there are no more of them now.</summary>
    /// <param name="pause">After how many milliseconds records that can't be removed yet are looked at again.</param>
    public bool Reap(long pause)
    {
        var now = state.Clock.Timestamp;
        if (state.Expiries.Next > now)
        {
            return false;
        }

        Span<int> buffer = stackalloc int[ReapedAtOnce];
        lock (gate)
        {
            // Counted from now, however long a sweep takes: what waits must not come up again under this hold of the lock.
            var again = state.Clock.After(now, pause);
            var expired = buffer[..state.Expiries.Take(now, again, buffer)];
            if (expired.Length > 0 && !isClosed)
            {
                Remove(expired, now, again);
            }

            return expired.Length == ReapedAtOnce;
        }
    }

    /// <summary>Adds the bytes of some records that may be evicted, by their ages; false when there are no more.</summary>
    public bool AddAges(long[] bytesByAge, uint now, ref int slot)
    {
        lock (gate)
        {
            if (isClosed || !table.HasEvictable())
            {
                return false;
            }

            for (var end = Math.Min(slot + PartitionCopy.SlotsAtOnce, table.SlotCount); slot < end; slot++)
            {
                if (table.IsEvictable(slot))
                {
                    bytesByAge[Evictor.BucketOf(UseClock.Age(now, table[slot].LastUse))] += table.BytesOf(slot);
                }
            }

            return slot < table.SlotCount;
        }
    }

    /// <summary>Finds some records that may be evicted and are of an age, until enough bytes are found; false when there are no more.</summary>
    public bool FindAged(uint now, int fromBucket, ref int slot, ref long bytes, Span<int> found, out int count)
    {
        count = 0;
        lock (gate)
        {
            if (isClosed || !table.HasEvictable())
            {
                return false;
            }

            for (var end = Math.Min(slot + PartitionCopy.SlotsAtOnce, table.SlotCount); slot < end && count < found.Length && bytes > 0; slot++)
            {
                if (table.IsEvictable(slot) && Evictor.BucketOf(UseClock.Age(now, table[slot].LastUse)) >= fromBucket)
                {
                    found[count++] = slot;
                    bytes -= table.BytesOf(slot);
                }
            }

            return slot < table.SlotCount;
        }
    }

    /// <summary>Removes the records that were found and may still be evicted; tells when they are gone for everybody, or null if none may.</summary>
    /// <exception cref="StateException">The log takes no frames.</exception>
    public Task? Evict(Span<int> found)
    {
        lock (gate)
        {
            var count = 0;
            foreach (var slot in found)
            {
                if (!isClosed && table.IsEvictable(slot))
                {
                    found[count++] = slot;
                }
            }

            return count == 0 ? null : commits.Remove(found[..count], state.Clock.Timestamp, isEviction: true);
        }
    }

    /// <summary>Forgets some of the request ids whose time is over; false when there are no more.</summary>
    public bool ForgetRequests(long now)
    {
        lock (gate)
        {
            return state.Requests.Forget(now, ForgottenAtOnce);
        }
    }

    /// <summary>Forgets clients and events whose time is over.</summary>
    public void Forget(long clientsUnusedSince, long eventsBefore)
    {
        lock (gate)
        {
            state.Clients.ForgetUnusedSince(clientsUnusedSince);
            state.Journal.TrimBefore(eventsBefore);
        }
    }

    /// <summary>What is visible but for the records, for a snapshot; these follow (<see cref="CopyRecords"/>).</summary>
    public PartitionCopy Copy()
    {
        lock (gate)
        {
            return PartitionCopy.Of(state);
        }
    }

    /// <summary>Copies some of the visible records; false when there are no more.</summary>
    public bool CopyRecords(RecordCopies copies)
    {
        lock (gate)
        {
            return copies.Take(table);
        }
    }

    /// <exception cref="StateUnavailableException">The partition is closed, so that nobody would end the watch.</exception>
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
            CheckOpen();
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

    /// <summary>From now on nobody comes to the records, whose memory is let go.</summary>
    public void Close()
    {
        lock (gate)
        {
            isClosed = true;
        }
    }

    private void Remove(ReadOnlySpan<int> expired, long now, long again)
    {
        try
        {
            commits.Remove(expired, now, isEviction: false);
        }
        catch (StateException)
        {
            // The records are absent for every reader all the same; they keep their memory until the log takes frames.
            foreach (var slot in expired)
            {
                state.Expiries.Note(slot, again);
            }
        }
    }

    private void CheckOpen()
    {
        if (isClosed)
        {
            throw new StateUnavailableException("The engine was disposed.");
        }
    }

    private RecordView Visible(Address address, long now)
    {
        var slot = table.Find(address, out _);
        return slot < 0 ? default : Visible(ref table[slot], now);
    }

    /// <summary>Asks for the time only where that counts.</summary>
    private RecordView Visible(int slot)
    {
        if (slot < 0)
        {
            return default;
        }

        ref var place = ref table[slot];
        return Visible(ref place, table.DependsOnTime(place) ? state.Clock.Timestamp : 0);
    }

    private RecordView Visible(ref Slot place, long now)
    {
        table.Use(ref place, now);
        return table.Visible(place, now);
    }

    private void Pulse(PendingCommit pending)
    {
        foreach (ref readonly var change in pending.Changes.AsSpan())
        {
            if (change.Effect != ChangeEffect.None)
            {
                watches.Pulse(change.Address);
            }
        }
    }

    private void Tell(PendingCommit pending)
    {
        if (observer(pending.Sender.Origin) is not { } tell)
        {
            return;
        }

        foreach (ref readonly var change in pending.Changes.AsSpan())
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
