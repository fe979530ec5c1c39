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
    /// <param name="isFirst">Whether it was asked because a watch began, which tells nothing of changes.</param>
    public void Armed(int partition, string rest, bool exists, bool isFirst)
    {
        lock (gate)
        {
            if (!keys.TryGetValue((partition, rest), out var key))
            {
                return;
            }

            key.Exists = exists;
            if (!isFirst)
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
            if (keys.TryGetValue((partition, address.ToString()), out var key) && key.Exists != exists)
            {
                key.Exists = exists;
                key.Pulse();
            }
        }
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

        public bool Exists { get; set; }

        public void Pulse()
        {
            foreach (var watch in Watches)
            {
                watch.Pulse();
            }
        }
    }
}
