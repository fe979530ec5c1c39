namespace Holdfast.Embedded;

/// <summary>Fills partitions from a snapshot. Everything in it had been synchronised, so any damage is refused.</summary>
internal static class SnapshotReader
{
    /// <summary>Reads the file and tells its length.</summary>
    public static long Read(StoreDisk disk, string path, ulong salt, PartitionState[] partitions)
    {
        using var reader = new FrameReader(disk, path, LogHeader.SnapshotTitle, salt);
        var opened = partitions[0].Clock.Anchor();
        RecordRestore? current = null;
        long frames = 0;
        while (reader.TryPeek(out var sequence, out var payload) && sequence == frames + 1)
        {
            try
            {
                var content = new PayloadReader(payload);
                var kind = (FrameKind)content.Byte();
                if (kind == FrameKind.End)
                {
                    return CheckEnd(reader, frames, content.Number(), payload.Length);
                }

                if (kind == FrameKind.Partition)
                {
                    current = new RecordRestore(Head(ref content, partitions), opened);
                }
                else
                {
                    Apply(kind, ref content, current ?? throw new FormatException("A partition's head is missing."));
                }
            }
            catch (FormatException fault)
            {
                throw reader.Damaged(reader.Offset, fault.Message);
            }

            frames++;
            reader.Advance(payload.Length);
        }

        throw reader.Damaged(reader.Offset, "there is no whole frame");
    }

    private static long CheckEnd(FrameReader reader, long frames, long told, int payloadBytes)
    {
        reader.Advance(payloadBytes);
        return told == frames && reader.AtEnd ? reader.FileLength : throw reader.Damaged(reader.Offset, "the end is not where it belongs");
    }

    private static void Apply(FrameKind kind, ref PayloadReader reader, RecordRestore restore)
    {
        var state = restore.State;
        switch (kind)
        {
            case FrameKind.Record:
                Record(ref reader, restore);
                break;
            case FrameKind.Event:
                Event(ref reader, state, restore.Opened);
                break;
            case FrameKind.Request:
                var key = new RequestKey(reader.Text(), reader.Text());
                LogReplay.Restore(
                    state, key, new RequestMark(reader.Text(), reader.Number(), reader.Number(), restore.Opened.FromWall(reader.Number())));
                break;
            case FrameKind.Client:
                Client(ref reader, state, restore.Opened);
                break;
            default:
                throw new FormatException("The frame is of a kind that no snapshot holds.");
        }
    }

    private static PartitionState Head(ref PayloadReader reader, PartitionState[] partitions)
    {
        var index = reader.Count();
        if (index >= partitions.Length)
        {
            throw new FormatException("The frame is of a partition that is not there.");
        }

        var state = partitions[index];
        state.VisibleSequence = reader.Number();
        state.Revision = state.VisibleRevision = reader.Number();
        state.Journal.Trimmed = new JournalPosition(reader.Number(), reader.Count());
        var count = reader.Count();
        if (count is 0 or > PartitionHead.MaxTerms)
        {
            throw new FormatException("The frame has a number of terms that can't be.");
        }

        var terms = new TermStart[count];
        for (var i = 0; i < count; i++)
        {
            terms[i] = new TermStart(reader.Number(), reader.Number());
        }

        state.RestoreTerms(terms);
        return state;
    }

    private static void Record(ref PayloadReader reader, RecordRestore restore)
    {
        var address = LogReplay.AddressFrom(ref reader);
        var (revision, birth) = (reader.Number(), reader.Number());
        var deadline = LogReplay.DeadlineFrom(ref reader, restore.Opened, Slot.Never);
        var count = reader.Count();
        var packed = reader.Rest();
        var walk = new FieldWalk(packed);
        var found = 0;
        while (walk.MoveNext())
        {
            found++;
        }

        if (found != count || count > StateLimits.MaxFieldsPerRecord)
        {
            throw new FormatException("A record has another number of fields than it tells, or more than can be.");
        }

        restore.Put(address, revision, birth, count, packed, deadline);
    }

    private static void Event(ref PayloadReader reader, PartitionState state, in WallAnchor opened)
    {
        var position = new JournalPosition(reader.Number(), reader.Count());
        var wall = reader.Time();
        var item = new JournalEvent(position, DateTimeOffset.FromUnixTimeMilliseconds(wall), reader.Text(), reader.Bytes().ToArray());
        state.Journal.Append(item, opened.FromWall(wall));
    }

    private static void Client(ref PayloadReader reader, PartitionState state, in WallAnchor opened)
    {
        var (client, lastUse) = (reader.Text(), opened.FromWall(reader.Number()));
        for (var count = reader.Count(); count > 0; count--)
        {
            var (sequence, term, revision) = (reader.Number(), reader.Number(), reader.Number());
            if (sequence > 0)
            {
                LogReplay.Restore(state, client, lastUse, sequence, term, revision);
            }
        }
    }
}
