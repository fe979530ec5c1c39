namespace Holdfast.Embedded;

/// <summary>
/// Reads the log's segments back. The only damage that is mended is a torn tail: what follows the last whole frame of
/// the last segment, and the last one that was synchronised.
/// </summary>
/// <param name="disk">The disk.</param>
/// <param name="folder">The store's folder.</param>
/// <param name="manifest">Its manifest.</param>
/// <param name="synced">The last frame that is known to have been synchronised (<see cref="SyncedFile"/>).</param>
/// <param name="partitions">What the frames are applied to.</param>
/// <param name="log">Where a cut is told.</param>
internal sealed class LogRecovery(
    StoreDisk disk, string folder, Manifest manifest, long synced, PartitionState[] partitions, Action<EngineEvent> log)
{
    private readonly LogReplay replay = new(partitions, manifest.Snapshot != 0);
    private long last = -1;

    /// <summary>The last frame's sequence.</summary>
    public long LastSequence => Math.Max(0, last);

    /// <summary>Where in the last segment the frames end that are known to have been synchronised.</summary>
    public long SyncedEnd { get; private set; } = LogHeader.Bytes;

    /// <summary>Applies the segments, and tells where the last whole frame of the last one ends.</summary>
    public long Run()
    {
        long end = 0;
        for (var number = Math.Max(1, manifest.FirstLog); number <= manifest.LastLog; number++)
        {
            using var reader = new FrameReader(disk, Path.Combine(folder, Manifest.LogName(number)), LogHeader.LogTitle, manifest.Salt);
            if (last >= 0 && reader.FirstSequence != last + 1)
            {
                throw reader.Damaged(0, $"it begins with frame {reader.FirstSequence} where {last + 1} should come");
            }

            last = reader.FirstSequence - 1;
            SyncedEnd = LogHeader.Bytes;
            ReadFrames(reader);
            var isLast = number == manifest.LastLog;
            if (isLast ? last < synced : !reader.AtEnd)
            {
                throw reader.Damaged(reader.Offset, $"frame {last + 1}, which had been synchronised, does not check out or is missing");
            }

            end = reader.Offset;
            if (isLast && reader.FindTail() is > 0 and var torn)
            {
                TellCut(reader.Path, end, torn);
            }
        }

        return end;
    }

    private void ReadFrames(FrameReader reader)
    {
        while (reader.TryPeek(out var sequence, out var payload))
        {
            if (payload[0] == (byte)FrameKind.Synced && sequence == last)
            {
                // Format 1 told so what had been synchronised.
                reader.Advance(payload.Length);
                continue;
            }

            if (sequence != last + 1)
            {
                throw reader.Damaged(reader.Offset, $"frame {sequence} stands where {last + 1} should come");
            }

            try
            {
                replay.Apply(payload, sequence);
            }
            catch (Exception fault) when (fault is FormatException or ArgumentOutOfRangeException)
            {
                throw reader.Damaged(reader.Offset, fault.Message);
            }

            last = sequence;
            reader.Advance(payload.Length);
            SyncedEnd = last <= synced ? reader.Offset : SyncedEnd;
        }
    }

    private void TellCut(string path, long offset, long torn) => log(new EngineEvent(
        EngineEventLevel.Warning,
        "TornTailCut",
        $"{path} ended in {torn} bytes of unfinished frames at offset {offset}, "
        + "never acknowledged as synchronised: they were cut off."));
}
