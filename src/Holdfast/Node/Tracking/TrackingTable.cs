namespace Holdfast.Node;

/// <summary>
/// Which connections have read which keys and are to be told when they change (CLIENT TRACKING in default mode).
/// A key is told once, and is then forgotten until it is read again. The order of locks: the engine's partition, a
/// shard of this table, a session's gate.
/// </summary>
internal sealed class TrackingTable
{
    private const int ShardCount = 64;

    /// <summary>How many keys are tracked by anybody. Whoever reads has tracked before, so that who finds none has nothing to tell.</summary>
    private int keys;

    private readonly Shard[] shards = [.. Enumerable.Range(0, ShardCount).Select(static _ => new Shard())];

    /// <summary>Whether any key is tracked.</summary>
    public bool HasKeys() => Volatile.Read(ref keys) > 0;

    public void Track(in TrackedKey key, TrackedKeys reader)
    {
        var shard = ShardOf(key);
        lock (shard.Gate)
        {
            if (!reader.Add(key))
            {
                return;
            }

            if (!shard.Readers.TryGetValue(key, out var readers))
            {
                Interlocked.Increment(ref keys);
                shard.Readers.Add(key, readers = []);
            }

            if (!readers.Contains(reader))
            {
                readers.Add(reader);
            }
        }
    }

    /// <summary>Tells all who have read the key that it changed; <paramref name="origin"/> made the change.</summary>
    public void Tell(in TrackedKey key, Session? origin)
    {
        if (!HasKeys())
        {
            return;
        }

        var shard = ShardOf(key);
        lock (shard.Gate)
        {
            if (!shard.Readers.TryGetValue(key, out var readers))
            {
                return;
            }

            for (var i = readers.Count - 1; i >= 0; i--)
            {
                if (readers[i].Tell(key, origin))
                {
                    readers.RemoveAt(i);
                }
            }

            if (readers.Count == 0)
            {
                Drop(key, shard);
            }
        }
    }

    /// <summary>Forgets that the reader has read these keys.</summary>
    public void Forget(IEnumerable<TrackedKey> keys, TrackedKeys reader)
    {
        foreach (var key in keys)
        {
            var shard = ShardOf(key);
            lock (shard.Gate)
            {
                if (!reader.Contains(key) && shard.Readers.TryGetValue(key, out var readers)
                    && readers.Remove(reader) && readers.Count == 0)
                {
                    Drop(key, shard);
                }
            }
        }
    }

    private void Drop(in TrackedKey key, Shard shard)
    {
        shard.Readers.Remove(key);
        Interlocked.Decrement(ref keys);
    }

    private Shard ShardOf(in TrackedKey key) => shards[(uint)key.GetHashCode() % ShardCount];

    private sealed class Shard
    {
        public Lock Gate { get; } = new();

        public Dictionary<TrackedKey, List<TrackedKeys>> Readers { get; } = [];
    }
}
