namespace Holdfast.Gateway.Hosting;

/// <summary>
/// Gives back to the system what the server had for connections that have come to rest. They lived long enough to be what the collector looks at last, which is when memory is short: a gateway
/// that idles would keep it for good.
/// </summary>
/// <remarks>A collection takes the gateway 10 to 20 ms, so there is one for a thousand connections at the least, once no more come to rest, and not twice within a minute.</remarks>
internal sealed class Thrift(TimeProvider clock)
{
    private const int Worthwhile = 1000;
    private static readonly TimeSpan LeastPause = TimeSpan.FromMinutes(1);
    private long? collectedAt;
    private int rested;

    /// <summary>Takes note of how many have come to rest in the last second.</summary>
    public void Note(int count)
    {
        rested += count;
        if (rested < Worthwhile || count > rested / 10 || (collectedAt is { } at && clock.GetElapsedTime(at) < LeastPause))
        {
            return;
        }

        rested = 0;
        collectedAt = clock.GetTimestamp();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}
