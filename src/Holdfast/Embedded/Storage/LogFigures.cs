namespace Holdfast.Embedded;

/// <summary>What the log has done since it was opened, and what waits for it.</summary>
/// <param name="Frames">Frames written.</param>
/// <param name="Syncs">How often it was synchronised to the disk.</param>
/// <param name="SyncMicroseconds">What that took, together.</param>
/// <param name="LongestSyncMicroseconds">What it took at most.</param>
/// <param name="LastSyncMicroseconds">What it took the last time.</param>
/// <param name="SegmentBytes">Bytes of the last segment.</param>
/// <param name="WaitingFrames">Frames that are not written yet.</param>
/// <param name="WaitingBytes">Their bytes.</param>
internal readonly record struct LogFigures(
    long Frames, long Syncs, long SyncMicroseconds, long LongestSyncMicroseconds, long LastSyncMicroseconds, long SegmentBytes, int WaitingFrames, long WaitingBytes);
