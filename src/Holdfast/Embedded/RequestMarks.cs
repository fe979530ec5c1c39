namespace Holdfast.Embedded;

/// <summary>The request ids that a partition remembers. Guarded by the partition's lock.</summary>
internal sealed class RequestMarks(RequestMemory memory)
{
    // The objects, the dictionary's entry and the queue's, as measured on 64 bits.
    private const int OverheadBytes = 208;

    private readonly Dictionary<RequestKey, RequestMark> marks = [];
    private readonly PriorityQueue<RequestKey, long> deadlines = new();

    public IEnumerable<KeyValuePair<RequestKey, RequestMark>> All => marks;

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

    public void Remove(RequestKey key)
    {
        if (marks.Remove(key, out var mark))
        {
            memory.Release(BytesOf(key, mark.Fingerprint));
        }
    }

    /// <summary>Forgets what is over, at most so many.</summary>
    public void Forget(long now, int atMost)
    {
        while (atMost-- > 0 && deadlines.TryPeek(out var key, out var deadline) && deadline <= now)
        {
            deadlines.Dequeue();
            if (marks.TryGetValue(key, out var mark) && mark.Deadline <= now)
            {
                Remove(key);
            }
        }
    }
}
