namespace Holdfast.Gateway.Hosting;

/// <summary>
/// Gives back to the system what the server had for connections that have come to rest. They lived long enough to be what the collector looks at last, which is when memory is short: a gateway
/// that idles would keep it for good.
/// </summary>
/// <remarks>A collection takes the gateway 10 to 20 ms, so there is one when a thousand connections more rest than at the last, once hardly any comes to it, and not twice within a minute.</remarks>
internal sealed class Thrift(TimeProvider clock)
{
    private const int Worthwhile = 1000;
    private const int HardlyAny = 10;
    private static readonly TimeSpan LeastPause = TimeSpan.FromMinutes(1);
    private long? collectedAt;
    private int known;

    /// <summary>Takes note of how many rest, and how many have come to it in the last second. Returns whether it collected.</summary>
    public bool Note(int resting, int came)
    {
        known = Math.Min(known, resting);
        if (resting - known < Worthwhile || came > HardlyAny || (collectedAt is { } at && clock.GetElapsedTime(at) < LeastPause))
        {
            return false;
        }

        known = resting;
        collectedAt = clock.GetTimestamp();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return true;
    }
}
