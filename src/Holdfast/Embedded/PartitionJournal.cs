namespace Holdfast.Embedded;

/// <summary>A partition's events, as far as the retention limits keep them. Guarded by the partition's lock.</summary>
internal sealed class PartitionJournal
{
    // Trimmed events stay in the list until they are worth a move.
    private const int MovedAtOnce = 1024;

    // A page ends early once it has this many bytes, which takes at least a hundred events.
    private const long MaxPageBytes = 100L * StateLimits.MaxEventBytes;

    private readonly List<(JournalEvent Event, long Timestamp)> events = [];
    private int first;
    private long bytes;

    /// <summary>The last event that was trimmed; the start if none was.</summary>
    public JournalPosition Trimmed { get; set; }

    public int Count => events.Count - first;

    public ReadOnlySpan<(JournalEvent Event, long Timestamp)> Events =>
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(events)[first..];

    /// <summary>Appends, and trims by number and size.</summary>
    public void Append(JournalEvent item, long timestamp)
    {
        events.Add((item, timestamp));
        bytes += BytesOf(item);
        while (Count > StateLimits.JournalMaxEvents || bytes > StateLimits.JournalMaxBytes)
        {
            TrimFirst();
        }
    }

    /// <summary>Trims what was appended before the timestamp.</summary>
    public void TrimBefore(long timestamp)
    {
        while (Count > 0 && events[first].Timestamp < timestamp)
        {
            TrimFirst();
        }
    }

    /// <summary>The events after a position, at most so many or about 25 MiB, and whether some after it were trimmed.</summary>
    public JournalPage Read(JournalPosition after, int maxEvents, Stamp at)
    {
        var start = IndexAfter(after);
        var page = new List<JournalEvent>(Math.Min(maxEvents, events.Count - start));
        long pageBytes = 0;
        for (var i = start; i < events.Count && page.Count < maxEvents && pageBytes < MaxPageBytes; i++)
        {
            page.Add(events[i].Event);
            pageBytes += BytesOf(events[i].Event);
        }

        return new JournalPage(page, after < Trimmed, at);
    }

    private static long BytesOf(JournalEvent item) => System.Text.Encoding.UTF8.GetByteCount(item.Type) + item.Payload.Length;

    private int IndexAfter(JournalPosition position)
    {
        var (low, high) = (first, events.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (events[middle].Event.Position <= position)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private void TrimFirst()
    {
        var item = events[first].Event;
        bytes -= BytesOf(item);
        Trimmed = item.Position;
        events[first++] = default;
        if (first >= MovedAtOnce && first >= events.Count / 2)
        {
            events.RemoveRange(0, first);
            first = 0;
        }
    }
}
