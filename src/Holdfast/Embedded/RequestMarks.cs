namespace Holdfast.Embedded;

/// <summary>The request ids that a partition remembers. Guarded by the partition's lock.</summary>
internal sealed class RequestMarks(RequestMemory memory)
{
    // The objects, the dictionary's entry and the queue's, as measured on 64 bits.
    private const int OverheadBytes = 208;
    private const int MaxStale = 1024;

    private readonly Dictionary<RequestKey, RequestMark> marks = [];
    private readonly PriorityQueue<RequestKey, long> deadlines = new();

    // Entries of the queue whose mark was taken back or replaced.
    private int stale;

    public IEnumerable<KeyValuePair<RequestKey, RequestMark>> All => marks;

    /// <summary>How many places the queue of deadlines takes.</summary>
    public int Waiting => deadlines.Count;

    public RequestMark? Find(RequestKey key, long now) =>
        marks.TryGetValue(key, out var mark) && mark.Deadline > now ? mark : null;

    /// <summary>What remembering takes.</summary>
    public static long BytesOf(RequestKey key, string fingerprint) =>
        OverheadBytes + (2 * (key.Id.Length + key.Step.Length + fingerprint.Length));

    /// <summary>Remembers; the caller has reserved the memory.</summary>
    public void Add(RequestKey key, RequestMark mark)
    {
        Remove(key);
        marks.Add(key, mark);
        deadlines.Enqueue(key, mark.Deadline);
    }

    /// <summary>Forgets a request id whose commit was taken back.</summary>
    public void Remove(RequestKey key)
    {
        if (TryRemove(key) && ++stale > MaxStale && stale > marks.Count)
        {
            deadlines.Clear();
            deadlines.EnqueueRange(marks.Select(static item => (item.Key, item.Value.Deadline)));
            stale = 0;
        }
    }

    /// <summary>Forgets what is over, at most so many; false when there is no more of it.</summary>
    public bool Forget(long now, int atMost)
    {
        while (deadlines.TryPeek(out var key, out var deadline) && deadline <= now)
        {
            if (atMost-- == 0)
            {
                return true;
            }

            deadlines.Dequeue();
            if (marks.TryGetValue(key, out var mark) && mark.Deadline == deadline)
            {
                TryRemove(key);
            }
            else
            {
                stale--;
            }
        }

        return false;
    }

    private bool TryRemove(RequestKey key)
    {
        if (!marks.Remove(key, out var mark))
        {
            return false;
        }

        memory.Release(BytesOf(key, mark.Fingerprint));
        return true;
    }
}
