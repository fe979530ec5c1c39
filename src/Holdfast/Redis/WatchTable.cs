namespace Holdfast.Redis;

/// <summary>
/// Which keys are watched, and by whom. The store tells of a key once: a watched one is asked for again (EXISTS) before
/// its watches are pulsed, so that they miss nothing between, and a read that follows sees the change.
/// </summary>
internal sealed class WatchTable
{
    private readonly Dictionary<(int Partition, string Key), WatchedKey> keys = [];
    private readonly Lock gate = new();
    private volatile int count;

    /// <summary>Adds a watch on the key.</summary>
    public void Add(int partition, string rest, Watch watch)
    {
        lock (gate)
        {
            if (!keys.TryGetValue((partition, rest), out var key))
            {
                keys[(partition, rest)] = key = new WatchedKey();
                count = keys.Count;
            }

            key.Watches.Add(watch);
        }
    }

    public void Remove(int partition, string rest, Watch watch)
    {
        lock (gate)
        {
            if (keys.TryGetValue((partition, rest), out var key) && key.Watches.Remove(watch) && key.Watches.Count == 0)
            {
                keys.Remove((partition, rest));
                count = keys.Count;
            }
        }
    }

    /// <summary>Takes note that the store told of a change; true when the key is to be asked for again.</summary>
    public bool MustArm(int partition, string rest)
    {
        if (count == 0)
        {
            return false;
        }

        lock (gate)
        {
            if (!keys.TryGetValue((partition, rest), out var key) || key.IsArming)
            {
                return false;
            }

            key.IsArming = true;
            return true;
        }
    }

    /// <summary>Takes note that the store was asked for the key, and will tell of its next change.</summary>
    /// <param name="partition">The key's partition.</param>
    /// <param name="rest">The key.</param>
    /// <param name="exists">Whether it is there.</param>
    /// <param name="reason">Why it was asked.</param>
    public void Armed(int partition, string rest, bool exists, WatchReason reason)
    {
        lock (gate)
        {
            if (!keys.TryGetValue((partition, rest), out var key))
            {
                return;
            }

            // Asking is reading: it may be what had the store remove an expired record.
            key.See(exists);
            if (reason == WatchReason.Changed)
            {
                key.IsArming = false;
                key.Pulse();
            }
        }
    }

    /// <summary>
    /// Takes note of whether a record is there. One that expired is removed by whoever reads it next, and if that was
    /// this connection, NOLOOP keeps the store from telling it.
    /// </summary>
    public void Saw(int partition, Address address, bool exists)
    {
        if (count == 0)
        {
            return;
        }

        lock (gate)
        {
            // Until the store has been asked, nobody counts on hearing of changes.
            if (keys.TryGetValue((partition, address.ToString()), out var key) && key.Exists is not null)
            {
                key.See(exists);
            }
        }
    }

    /// <summary>Whether the record is watched and was there: a call that read it and does not tell may have had the store remove it.</summary>
    public bool MayBeGone(int partition, Address address)
    {
        if (count == 0)
        {
            return false;
        }

        lock (gate)
        {
            return keys.TryGetValue((partition, address.ToString()), out var key) && key.Exists == true;
        }
    }

    /// <summary>
    /// The watched records of the kind that were there, each to be asked for again after a scan: those that had expired the scan has removed,
    /// and of these the store tells nothing any more.
    /// </summary>
    public IReadOnlyList<string> TakeScanned(int partition, string kind)
    {
        if (count == 0)
        {
            return [];
        }

        var (prefix, taken) = (kind + "/", new List<string>());
        lock (gate)
        {
            foreach (var (name, key) in keys)
            {
                if (name.Partition == partition && key is { Exists: true, IsArming: false } && name.Key.StartsWith(prefix, StringComparison.Ordinal))
                {
                    key.IsArming = true;
                    taken.Add(name.Key);
                }
            }
        }

        return taken;
    }

    /// <summary>Tells the key's watches that it has changed, or may have.</summary>
    public void Pulse(int partition, string rest)
    {
        if (count == 0)
        {
            return;
        }

        lock (gate)
        {
            if (keys.TryGetValue((partition, rest), out var key))
            {
                key.Pulse();
            }
        }
    }

    /// <summary>The watched keys of these partitions, each to be asked for again: the store has forgotten what it should tell.</summary>
    public IReadOnlyList<(int Partition, string Key)> TakeToArm(Predicate<int> isOf)
    {
        lock (gate)
        {
            var taken = new List<(int Partition, string Key)>();
            foreach (var (name, key) in keys)
            {
                if (isOf(name.Partition))
                {
                    key.IsArming = true;
                    taken.Add(name);
                }
            }

            return taken;
        }
    }

    /// <summary>Every watch there is.</summary>
    public IReadOnlyList<Watch> All()
    {
        lock (gate)
        {
            return [.. keys.Values.SelectMany(static key => key.Watches)];
        }
    }

    private sealed class WatchedKey
    {
        public List<Watch> Watches { get; } = [];

        public bool IsArming { get; set; }

        /// <summary>Whether it was there when the store last told; null before that.</summary>
        public bool? Exists { get; private set; }

        /// <summary>Takes note of whether it is there, which is a change if it was not so before.</summary>
        public void See(bool exists)
        {
            var isChange = Exists is { } before && before != exists;
            Exists = exists;
            if (isChange)
            {
                Pulse();
            }
        }

        public void Pulse()
        {
            foreach (var watch in Watches)
            {
                watch.Pulse();
            }
        }
    }
}
