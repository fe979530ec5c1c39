namespace Holdfast.Embedded;

/// <summary>
/// How long the log waits for company before it has the disk synchronise. Those whom the disk has just answered come back together, a little later than the
/// first of them: who goes ahead with that one alone has all others wait for a whole synchronising and the next, and from then on two halves take turns, each
/// served half as often as all together could be. So the log waits until about as many have come as were there the last time, for half of what a
/// synchronising takes at most. Where they don't come, it is not tried again for a while. Guarded by the log writer's gate.
/// </summary>
internal sealed class SyncPacing
{
    // Waiting is counted in milliseconds: where the disk is faster than this, company is not worth it.
    private const long ShortestSync = 200;

    private const int MostSkipped = 256;

    private long microseconds;
    private int skipped;
    private int toSkip;

    /// <summary>How many entries are worth going ahead with; 0 for any.</summary>
    public int Awaited { get; private set; }

    /// <summary>How long, at most, they are waited for.</summary>
    public int Milliseconds => (int)Math.Clamp((microseconds + 1999) / 2000, 1, 100);

    /// <summary>Takes note of a synchronising.</summary>
    /// <param name="entries">How many entries waited for it.</param>
    /// <param name="gathered">How many others have come meanwhile.</param>
    /// <param name="taken">What it took, in microseconds.</param>
    public void Note(int entries, int gathered, long taken)
    {
        microseconds += (taken - microseconds) / 4;
        if (toSkip > 0)
        {
            toSkip--;
        }

        // All but the last few: who is late goes with the next.
        var all = entries + gathered;
        Awaited = microseconds < ShortestSync || toSkip > 0 ? 0 : all - (all / 8);
    }

    /// <summary>Takes note of whether they came.</summary>
    public void Note(bool haveCome)
    {
        skipped = haveCome ? 0 : Math.Clamp(2 * skipped, 4, MostSkipped);
        toSkip = skipped;
    }
}
