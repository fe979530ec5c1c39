namespace Holdfast.AspNetCore.Cookies;

/// <summary>
/// What a client has written or been shown: for each partition the highest revision. Reads for the client must be at
/// least that new. At most eight; a stamp older than any near cache's entry can be proves nothing and drops out, but
/// the session's own stays, so that a store that lost it is noticed.
/// </summary>
/// <param name="room">How many stamps there will be to begin with.</param>
internal sealed class ClientStamps(int room = 0)
{
    public const int MaxStamps = 8;

    private readonly List<SeenStamp> seen = new(room);

    /// <summary>Until when (seconds since 1970) partitions without a stamp are read from the store: more were seen than are listed.</summary>
    public long StoreUntil { get; set; }

    /// <summary>The stamps, in no order.</summary>
    public IReadOnlyList<SeenStamp> All => seen;

    /// <summary>Whether the client was shown something that its cookie does not tell.</summary>
    public bool HaveMoved { get; private set; }

    /// <summary>Whether the store has forgotten something that the client's cookie tells of.</summary>
    public bool HaveLost { get; private set; }

    /// <summary>Whether the client has written something that its cookie does not tell.</summary>
    public bool HaveMovedByWrite { get; private set; }

    /// <summary>Takes a stamp as the cookie tells it.</summary>
    public void Restore(SeenStamp stamp) => seen.Add(stamp);

    /// <summary>
    /// Adds what an earlier cookie tells, where that is news: what was seen there later, and lately enough to matter. What this
    /// one has left out as lost or too much is asked of the store meanwhile.
    /// </summary>
    public void AddEarlier(ClientStamps earlier, long nowSeconds, long keepSeconds)
    {
        if (nowSeconds < StoreUntil)
        {
            return;
        }

        StoreUntil = earlier.StoreUntil;
        foreach (var item in earlier.seen.Where(item => item.SeenSeconds + keepSeconds >= nowSeconds))
        {
            var place = PlaceOf(item.Stamp.Partition);
            if (place < 0)
            {
                seen.Add(item);
            }
            else if (seen[place].SeenSeconds < item.SeenSeconds)
            {
                seen[place] = item;
            }
        }
    }

    /// <summary>How new a read of the partition must be.</summary>
    public Freshness FreshnessOf(int partition, long nowSeconds) =>
        Of(partition) is { } stamp ? Freshness.AtLeast(stamp)
        : nowSeconds < StoreUntil ? Freshness.Latest
        : Freshness.Pushed;

    /// <summary>The partition's stamp, if there is one.</summary>
    public Stamp? Of(int partition) => PlaceOf(partition) is >= 0 and var place ? seen[place].Stamp : null;

    /// <summary>
    /// The client was shown this, or wrote it. A stamp of another term than the partition's takes over the term and
    /// keeps the higher revision; the caller has made sure that the term includes the history of the one before.
    /// </summary>
    public void Add(Stamp stamp, long nowSeconds, bool isWrite)
    {
        if (stamp.Revision == 0)
        {
            return;
        }

        var place = PlaceOf(stamp.Partition);
        if (place >= 0)
        {
            var known = seen[place].Stamp;
            stamp = stamp with { Revision = Math.Max(stamp.Revision, known.Revision) };
            if (stamp == known)
            {
                return;
            }

            seen.RemoveAt(place);
        }

        seen.Add(new SeenStamp(stamp, nowSeconds));
        HaveMoved = true;
        HaveMovedByWrite |= isWrite;
    }

    /// <summary>Drops the partition's stamp: the store has forgotten what it tells of.</summary>
    public void Forget(int partition)
    {
        seen.RemoveAll(item => item.Stamp.Partition == partition);
        (HaveMoved, HaveLost) = (true, true);
    }

    /// <summary>Drops all stamps; until then (seconds since 1970) every partition is read from the store in their stead.</summary>
    public void ForgetAll(long storeUntil)
    {
        seen.Clear();
        (StoreUntil, HaveMoved, HaveLost) = (storeUntil, true, true);
    }

    /// <summary>Drops what is too old to matter and, beyond eight, the oldest, all but the session's own.</summary>
    public void Trim(int? sessionPartition, long nowSeconds, long keepSeconds)
    {
        for (var place = seen.Count - 1; place >= 0; place--)
        {
            if (seen[place].Stamp.Partition != sessionPartition && seen[place].SeenSeconds + keepSeconds < nowSeconds)
            {
                seen.RemoveAt(place);
            }
        }

        while (seen.Count > MaxStamps)
        {
            seen.RemoveAt(seen.FindIndex(item => item.Stamp.Partition != sessionPartition));
            StoreUntil = nowSeconds + keepSeconds;
        }
    }

    private int PlaceOf(int partition)
    {
        for (var place = 0; place < seen.Count; place++)
        {
            if (seen[place].Stamp.Partition == partition)
            {
                return place;
            }
        }

        return -1;
    }
}
