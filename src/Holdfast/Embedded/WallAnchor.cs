namespace Holdfast.Embedded;

/// <summary>A moment by the monotonic clock and by the wall's, so that wall times can be told as timestamps without a clock being read for each.</summary>
/// <param name="Clock">The clock.</param>
/// <param name="Timestamp">The moment as a timestamp.</param>
/// <param name="WallMilliseconds">The moment as wall time.</param>
internal readonly record struct WallAnchor(StoreClock Clock, long Timestamp, long WallMilliseconds)
{
    public long FromWall(long wallMilliseconds) => Clock.After(Timestamp, wallMilliseconds - WallMilliseconds);
}
