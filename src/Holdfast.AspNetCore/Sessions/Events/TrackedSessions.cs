namespace Holdfast.AspNetCore.Sessions.Events;

/// <summary>
/// Sessions whose end has not been told yet, as one instance has heard, each with the moment at which it is to be looked at. It takes a bounded number; who adds
/// one more waits until another has ended.
/// </summary>
internal sealed class TrackedSessions(int partitions, int maxCount) : IDisposable
{
    /// <summary>About 150 MB. Beyond this number, an expiry may be noticed late.</summary>
    public const int DefaultMaxCount = 500_000;

    private readonly Dictionary<Tracked, (JournalPosition Position, long? Moment)> known = [];
    private readonly SortedSet<(JournalPosition Position, string Handle)>[] inOrder =
        [.. Enumerable.Range(0, partitions).Select(static _ => new SortedSet<(JournalPosition, string)>())];

    private readonly SortedSet<(long Moment, int Partition, string Handle)> moments = new(Comparer<(long Moment, int Partition, string Handle)>.Create(static (one, other) =>
        one.Moment != other.Moment ? one.Moment.CompareTo(other.Moment)
        : one.Partition != other.Partition ? one.Partition.CompareTo(other.Partition)
        : string.CompareOrdinal(one.Handle, other.Handle)));

    private readonly SemaphoreSlim room = new(maxCount);
    private readonly Lock gate = new();

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return known.Count;
            }
        }
    }

    /// <summary>Takes a session in, unless it is in.</summary>
    /// <param name="session">The session.</param>
    /// <param name="position">Where the journal tells of it.</param>
    /// <param name="moment">When it is to be looked at, as the clock's timestamps count.</param>
    /// <param name="cancellationToken">Ends the wait for room.</param>
    public async ValueTask AddAsync(Tracked session, JournalPosition position, long moment, CancellationToken cancellationToken)
    {
        await room.WaitAsync(cancellationToken);
        lock (gate)
        {
            if (known.TryAdd(session, (position, moment)))
            {
                inOrder[session.Partition].Add((position, session.Handle));
                moments.Add((moment, session.Partition, session.Handle));
                return;
            }
        }

        room.Release();
    }

    /// <summary>The session's end has been told.</summary>
    public void Remove(Tracked session)
    {
        lock (gate)
        {
            if (!known.Remove(session, out var its))
            {
                return;
            }

            inOrder[session.Partition].Remove((its.Position, session.Handle));
            if (its.Moment is { } moment)
            {
                moments.Remove((moment, session.Partition, session.Handle));
            }
        }

        room.Release();
    }

    /// <summary>The sessions whose moment has come, at most so many. Each is to be removed or put off, and keeps its place meanwhile.</summary>
    public List<Tracked> TakeDue(long now, int maxTaken)
    {
        var due = new List<Tracked>();
        lock (gate)
        {
            while (due.Count < maxTaken && moments.Count > 0 && moments.Min is var first && first.Moment <= now)
            {
                moments.Remove(first);
                var session = new Tracked(first.Partition, first.Handle);
                known[session] = known[session] with { Moment = null };
                due.Add(session);
            }
        }

        return due;
    }

    /// <summary>The session is to be looked at again.</summary>
    public void PutOff(Tracked session, long moment)
    {
        lock (gate)
        {
            if (known.TryGetValue(session, out var its))
            {
                if (its.Moment is { } earlier)
                {
                    moments.Remove((earlier, session.Partition, session.Handle));
                }

                known[session] = its with { Moment = moment };
                moments.Add((moment, session.Partition, session.Handle));
            }
        }
    }

    /// <summary>After which position of a partition's journal somebody has to begin who is to know these too.</summary>
    public JournalPosition ResumeAfter(int partition, JournalPosition handled)
    {
        lock (gate)
        {
            if (inOrder[partition].Count == 0)
            {
                return handled;
            }

            var first = inOrder[partition].Min.Position;
            var before = first.Index > 0 ? first with { Index = first.Index - 1 } : new JournalPosition(first.Revision - 1, int.MaxValue);
            return before < handled ? before : handled;
        }
    }

    public void Dispose() => room.Dispose();

    /// <summary>A session, by what its events tell.</summary>
    internal readonly record struct Tracked(int Partition, string Handle);
}
