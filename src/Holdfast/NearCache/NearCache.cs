using System.Collections.Concurrent;

namespace Holdfast.NearCaching;

/// <summary>
/// Records as this process last heard of them, absence included. The connection's reader puts in what replies tell and
/// takes out what pushes name, in the order in which the store sent them; so an entry that is here while the watermark
/// says r is the record as of revision r.
/// </summary>
/// <remarks>
/// Each partition has one <see cref="Feed"/>, its server's: what another one's replies tell is not put in, and what was
/// put in goes when the feed is lost or the partition gets another. Served only while the feed is alive: a reply to
/// something that was sent less than a second ago has come, so that every push from before that has come too. Bounded by
/// bytes; the entries that were not served lately go first.
/// </remarks>
internal sealed class NearCache
{
    /// <summary>How old the last proof that pushes arrive may be.</summary>
    public static readonly TimeSpan ProofLasts = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<Address, NearCacheEntry> entries = new();
    private readonly LinkedList<NearCacheEntry> inOrder = new();
    private readonly Lock writing = new();
    private readonly TimeProvider clock;
    private readonly long maxBytes;
    private readonly long maxAge;
    private readonly long proofLasts;
    private readonly Watermarks watermarks;
    private readonly PartitionHead?[] heads;
    private readonly Feed[] feeds;
    private NearCacheEntry? served;
    private long bytes;

    public NearCache(StateEngineOptions options)
    {
        clock = options.Clock;
        maxBytes = options.NearCacheMaxBytes;
        maxAge = TicksOf(options.NearCacheMaxAge);
        proofLasts = TicksOf(ProofLasts);
        watermarks = new Watermarks(options.PartitionCount);
        heads = new PartitionHead?[options.PartitionCount];
        feeds = new Feed[options.PartitionCount];
        Array.Fill(feeds, Feed.None);
    }

    public bool IsEnabled => maxBytes > 0;

    public int Count => entries.Count;

    public long Bytes => Interlocked.Read(ref bytes);

    /// <summary>How many places the order of arrival takes: one for each entry.</summary>
    public int Queued => inOrder.Count;

    /// <summary>Answers a read if that is as good as asking the store, as far as the freshness demands.</summary>
    public NearCacheAnswer TryRead(Address address, int partition, Freshness freshness, out Reading reading)
    {
        reading = default;
        var now = clock.GetTimestamp();

        // The watermark before the entry: an entry that is still there afterwards has survived all that led up to it.
        if (freshness.IsLatest || now - Volatile.Read(ref feeds[partition]).ProvenAt > proofLasts
            || !watermarks.TryGet(partition, out var term, out var revision)
            || !entries.TryGetValue(address, out var entry) || now >= entry.UsableUntil)
        {
            return NearCacheAnswer.Miss;
        }

        // An entry comes ahead of the watermark of its own reply: then it tells of a later moment, and whoever is shown it must not be sent
        // back to an earlier one elsewhere.
        if (entry.At.Term > term || (entry.At.Term == term && entry.At.Revision > revision))
        {
            (term, revision) = (entry.At.Term, entry.At.Revision);
        }

        if (freshness.Minimum is { } minimum && minimum.Partition == partition)
        {
            if (minimum.Term == term)
            {
                if (minimum.Revision > revision)
                {
                    return NearCacheAnswer.Behind;
                }
            }
            else if (!IsKnownPast(minimum, term))
            {
                return NearCacheAnswer.UnknownTerm;
            }
        }

        entry.Use();
        if (served is null)
        {
            served = entry;
        }

        reading = new Reading(entry.Record, new Stamp(partition, term, revision));
        return NearCacheAnswer.Hit;
    }

    /// <summary>What is held of a record, however long ago it was told and whatever has become of it since; null if nothing is.</summary>
    public NearCacheEntry? Find(Address address) => entries.GetValueOrDefault(address);

    /// <summary>Whether the stamp is of an earlier term that the partition's known history contains.</summary>
    public bool IsKnownPast(Stamp stamp, long currentTerm) =>
        Volatile.Read(ref heads[stamp.Partition]) is { } head
        && head.At.Term == currentTerm && stamp.Term != currentTerm && head.Contains(stamp);

    /// <summary>Whether the feed is that of the partition's server.</summary>
    public bool IsFed(int partition, Feed feed) => Volatile.Read(ref feeds[partition]) == feed;

    /// <summary>The partitions are other servers' from now on: what was known of them goes. All at once, as that looks at every entry.</summary>
    public void Assign(IReadOnlyList<(int Partition, Feed Feed)> all)
    {
        lock (writing)
        {
            var isForgotten = new bool[feeds.Length];
            foreach (var (partition, feed) in all)
            {
                isForgotten[partition] |= feeds[partition] != feed;
                Volatile.Write(ref feeds[partition], feed);
            }

            if (Array.IndexOf(isForgotten, true) >= 0)
            {
                ForgetPartitions(partition => isForgotten[partition]);
            }
        }
    }

    /// <summary>Puts in what a reply told of a record.</summary>
    /// <param name="feed">Whose reply it was.</param>
    /// <param name="at">The moment of the record's partition at which it was like that.</param>
    /// <param name="address">The record's name.</param>
    /// <param name="record">The record; null when there is none.</param>
    /// <param name="sentAt">When the call was sent that the store replied to.</param>
    public void Put(Feed feed, Stamp at, Address address, Record? record, long sentAt)
    {
        if (!IsEnabled)
        {
            return;
        }

        var entry = new NearCacheEntry(at, address, record, Math.Min(sentAt + maxAge, record?.Deadline ?? long.MaxValue));
        lock (writing)
        {
            if (feeds[at.Partition] != feed)
            {
                return;
            }

            if (entry.Bytes > maxBytes)
            {
                Remove(address);
                return;
            }

            // What is replaced leaves the order as well, which would hold its record on. Readers find the one or the other.
            if (entries.TryGetValue(address, out var replaced))
            {
                inOrder.Remove(replaced.Place);
                Interlocked.Add(ref bytes, -replaced.Bytes);
            }

            entries[address] = entry;
            inOrder.AddLast(entry.Place);
            Interlocked.Add(ref bytes, entry.Bytes);
            MakeRoom();
        }
    }

    /// <summary>
    /// Takes note that a record was found at this revision and expires then, its fields not being told: the entry gets
    /// the deadline if it is of that revision, and goes otherwise.
    /// </summary>
    public void Keep(Feed feed, Stamp at, Address address, long revision, long birth, long? deadline, long sentAt)
    {
        if (entries.TryGetValue(address, out var entry) && entry.Record is { } known && known.Revision == revision && known.Birth == birth)
        {
            Put(feed, at, address, known.ExpiringAt(deadline), sentAt);
        }
        else
        {
            Drop(address);
        }
    }

    /// <summary>An entry that was served since this was asked last, for a sample; null when none was.</summary>
    public NearCacheEntry? TakeServed() => Interlocked.Exchange(ref served, null);

    /// <summary>
    /// Whether what could be served of the record now is not what the reply tells. Pushes come ahead of the replies that
    /// know of the change, so it should have gone.
    /// </summary>
    public bool Contradicts(Feed feed, int partition, Address address, Record? told) =>
        IsFed(partition, feed) && entries.TryGetValue(address, out var entry) && clock.GetTimestamp() < entry.UsableUntil
        && !AreAlike(entry.Record, told);

    /// <summary>Takes out what was pushed as changed.</summary>
    public void Drop(Address address)
    {
        lock (writing)
        {
            Remove(address);
        }
    }

    /// <summary>Takes note of a partition's moment. After the records that the same reply told, never before.</summary>
    public void Raise(Feed feed, int partition, long term, long revision)
    {
        lock (writing)
        {
            if (feeds[partition] == feed)
            {
                watermarks.Raise(partition, term, revision);
            }
        }
    }

    /// <summary>Takes note of a partition's terms.</summary>
    public void Learn(Feed feed, PartitionHead head)
    {
        lock (writing)
        {
            if (feeds[head.Partition] == feed)
            {
                Volatile.Write(ref heads[head.Partition], head);
            }
        }
    }

    /// <summary>Forgets what came with the feed: its connection is lost, or the server says that it can't tell any more what changed.</summary>
    public void Lose(Feed feed)
    {
        lock (writing)
        {
            feed.Distrust();
            ForgetPartitions(partition => feeds[partition] == feed);
        }
    }

    // The watermarks first: a reader that comes meanwhile finds no moment for what it finds here.
    private void ForgetPartitions(Predicate<int> isForgotten)
    {
        for (var partition = 0; partition < feeds.Length; partition++)
        {
            if (isForgotten(partition))
            {
                watermarks.Clear(partition);
                Volatile.Write(ref heads[partition], null);
            }
        }

        foreach (var (address, entry) in entries)
        {
            if (isForgotten(entry.Partition))
            {
                Remove(address);
            }
        }
    }

    private static bool AreAlike(Record? held, Record? told) =>
        held is null || told is null
            ? held is null && told is null
            : held.Revision == told.Revision && held.Birth == told.Birth && held.Fields.Count == told.Fields.Count
                && told.Fields.All(pair => held[pair.Key] is { } value && value.Span.SequenceEqual(pair.Value.Span));

    private void Remove(Address address)
    {
        if (entries.TryRemove(address, out var entry))
        {
            inOrder.Remove(entry.Place);
            Interlocked.Add(ref bytes, -entry.Bytes);
        }
    }

    // Second chance: the entries are in order of arrival, and one that was served since its last turn goes to the end.
    private void MakeRoom()
    {
        for (var turns = 2 * inOrder.Count; bytes > maxBytes && turns > 0 && inOrder.First is { Value: var oldest } first; turns--)
        {
            if (oldest.TakeUse())
            {
                inOrder.Remove(first);
                inOrder.AddLast(first);
            }
            else
            {
                Remove(oldest.Address);
            }
        }
    }

    private long TicksOf(TimeSpan time) => (long)(time.TotalSeconds * clock.TimestampFrequency);
}
