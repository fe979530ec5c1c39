namespace Holdfast.Node;

/// <summary>
/// The keys that one connection has read and not yet been told of. A key that stands here also stands in the table,
/// or a thread that holds its shard is about to take it out. Bounded: beyond the limit the connection is told to
/// forget everything (a null push), and starts anew.
/// </summary>
internal sealed class TrackedKeys(Session session, TrackingTable table, int maxKeys)
{
    private HashSet<TrackedKey> keys = [];
    private bool isOn;
    private bool isEnded;

    /// <summary>Whether the connection asked to be told. Only its own commands change that.</summary>
    public bool IsOn => isOn;

    /// <summary>Whether it is told of its own changes too.</summary>
    public bool TellsOwn { get; private set; }

    public int Count => keys.Count;

    public void TurnOn(bool tellsOwn)
    {
        lock (session.Output.Gate)
        {
            isOn = !isEnded;
            TellsOwn = tellsOwn;
        }
    }

    public void TurnOff(bool forGood = false)
    {
        HashSet<TrackedKey> forgotten;
        lock (session.Output.Gate)
        {
            isOn = false;
            isEnded |= forGood;
            forgotten = Emptied();
        }

        table.Forget(forgotten, this);
    }

    /// <summary>Notes that the connection is about to read the key.</summary>
    public void Track(in TrackedKey key)
    {
        if (!isOn)
        {
            return;
        }

        HashSet<TrackedKey>? forgotten = null;
        lock (session.Output.Gate)
        {
            if (keys.Contains(key))
            {
                return;
            }

            if (keys.Count >= maxKeys)
            {
                forgotten = Emptied();
                PushForgetAll();
            }
        }

        if (forgotten is not null)
        {
            session.Output.FlushSoon();
            table.Forget(forgotten, this);
        }

        table.Track(key, this);
    }

    /// <summary>Whether all of these are still tracked. Called under the session's gate.</summary>
    public bool Covers(List<TrackedKey> read) => !isOn || read.TrueForAll(keys.Contains);

    /// <summary>Called by the table, under the key's shard.</summary>
    public bool Add(in TrackedKey key)
    {
        lock (session.Output.Gate)
        {
            if (isOn)
            {
                keys.Add(key);
            }

            return isOn;
        }
    }

    /// <summary>Called by the table, under the key's shard.</summary>
    public bool Contains(in TrackedKey key)
    {
        lock (session.Output.Gate)
        {
            return keys.Contains(key);
        }
    }

    /// <summary>Called by the table, under the key's shard. False when the key stays tracked, since the connection changed it itself.</summary>
    public bool Tell(in TrackedKey key, Session? origin)
    {
        lock (session.Output.Gate)
        {
            if (origin == session && !TellsOwn && keys.Contains(key))
            {
                return false;
            }

            if (keys.Remove(key))
            {
                session.Push(key);
            }
        }

        session.Output.FlushSoon();
        return true;
    }

    /// <summary>
    /// First, since replies that are still to come may tell changes that nobody tells any more; and once more behind
    /// the replies that are under way, since what they hold is not tracked.
    /// </summary>
    private void PushForgetAll()
    {
        var timeline = session.Output.Timeline;
        timeline.PutFirst(InvalidationPush.ForgetAll);
        if (timeline.Pending > 0)
        {
            timeline.Push(InvalidationPush.ForgetAll);
        }
    }

    private HashSet<TrackedKey> Emptied()
    {
        var forgotten = keys;
        keys = [];
        return forgotten;
    }
}
