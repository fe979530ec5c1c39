namespace Holdfast.Embedded;

/// <summary>
/// Reads the log's segments back. The only damage that is mended is a torn tail: what follows the last whole frame of
/// the last segment, unless something after it proves that it had been synchronised.
/// </summary>
internal sealed class LogRecovery(string folder, Manifest manifest, PartitionState[] partitions, Action<EngineEvent> log)
{
    private readonly LogReplay replay = new(partitions);
    private long last = -1;

    /// <summary>The last frame's sequence.</summary>
    public long LastSequence => Math.Max(0, last);

    /// <summary>Applies the segments, and tells where the last whole frame of the last one ends.</summary>
    public long Run()
    {
        long end = 0;
        for (var number = Math.Max(1, manifest.FirstLog); number <= manifest.LastLog; number++)
        {
            using var reader = new FrameReader(Path.Combine(folder, Manifest.LogName(number)), LogHeader.LogTitle, manifest.Salt);
            if (last >= 0 && reader.FirstSequence != last + 1)
            {
                throw reader.Damaged(0, $"it begins with frame {reader.FirstSequence} where {last + 1} should come");
            }

            last = reader.FirstSequence - 1;
            ReadFrames(reader);
            if (!reader.AtEnd)
            {
                CutTail(reader, isLast: number == manifest.LastLog);
            }

            end = reader.Offset;
        }

        return end;
    }

    private void ReadFrames(FrameReader reader)
    {
        while (reader.TryPeek(out var sequence, out var payload))
        {
            if (payload[0] == (byte)FrameKind.Synced && sequence == last)
            {
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
        }
    }

    private void CutTail(FrameReader reader, bool isLast)
    {
        if (!isLast || reader.IsSyncedAfterOffset(last + 1))
        {
            throw reader.Damaged(reader.Offset, "a frame that had been synchronised does not check out");
        }

        log(new EngineEvent(
            EngineEventLevel.Warning,
            "TornTailCut",
            $"{reader.Path} ended in {reader.FileLength - reader.Offset} bytes of unfinished frames at offset {reader.Offset}, "
            + "never acknowledged as synchronised: they were cut off."));
    }
}
