using System.Diagnostics.Metrics;

namespace Holdfast;

/// <summary>What the engines count, on the meter named <see cref="Name"/>; docs/engines.md lists it.</summary>
internal static class StateMeter
{
    public const string Name = "Holdfast";

    private static readonly Meter Meter = new(Name);

    public static readonly Counter<long> Commits = Meter.CreateCounter<long>(
        "holdfast.commits", "{commit}", "Commits that were asked of the store.");

    public static readonly Counter<long> Reads = Meter.CreateCounter<long>(
        "holdfast.reads", "{read}", "Reads of single records, wherever they were answered.");

    public static readonly Counter<long> NearCacheHits = Meter.CreateCounter<long>(
        "holdfast.near_cache.hits", "{read}", "Reads that the near cache answered without the record being fetched.");

    public static readonly Counter<long> NearCacheMisses = Meter.CreateCounter<long>(
        "holdfast.near_cache.misses", "{read}", "Reads that the near cache might have answered, and could not.");

    public static readonly Counter<long> RoundTrips = Meter.CreateCounter<long>(
        "holdfast.round_trips", "{call}", "Calls that went to the store.");

    public static readonly Counter<long> Reconnects = Meter.CreateCounter<long>(
        "holdfast.reconnects", "{connection}", "Connections that replaced a lost one.");

    public static readonly Counter<long> LostStamps = Meter.CreateCounter<long>(
        "holdfast.stamps.lost", "{stamp}", "Stamps that the store's history does not contain: it has forgotten something that it acknowledged.");

    public static readonly Counter<long> LostHistories = Meter.CreateCounter<long>(
        "holdfast.histories.lost", "{partition}", "Partitions whose next server process did not have what this process had been shown: the store has forgotten something that it acknowledged.");

    public static readonly Counter<long> StaleReads = Meter.CreateCounter<long>(
        "holdfast.near_cache.stale", "{read}", "Samples of what the near cache served that the store contradicted although it should have told. There should be none.");
}
