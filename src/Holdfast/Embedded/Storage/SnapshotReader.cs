namespace Holdfast.Embedded;

/// <summary>Fills partitions from a snapshot. Everything in it had been synchronised, so any damage is refused.</summary>
internal static class SnapshotReader
{
    /// <summary>Reads the file and tells its length.</summary>
    public static long Read(StoreDisk disk, string path, ulong salt, PartitionState[] partitions)
    {
        using var reader = new FrameReader(disk, path, LogHeader.SnapshotTitle, salt);
        PartitionState? current = null;
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

                current = Apply(kind, ref content, current, partitions);
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

    private static PartitionState Apply(FrameKind kind, ref PayloadReader reader, PartitionState? current, PartitionState[] partitions)
    {
        if (kind == FrameKind.Partition)
        {
            return Head(ref reader, partitions);
        }

        var state = current ?? throw new FormatException("A partition's head is missing.");
        switch (kind)
        {
            case FrameKind.Record:
                Record(ref reader, state);
                break;
            case FrameKind.Event:
                Event(ref reader, state);
                break;
            case FrameKind.Request:
                var key = new RequestKey(reader.Text(), reader.Text());
                LogReplay.Restore(
                    state, key, new RequestMark(reader.Text(), reader.Number(), reader.Number(), state.Clock.FromWall(reader.Number())));
                break;
            case FrameKind.Client:
                Client(ref reader, state);
                break;
            default:
                throw new FormatException("The frame is of a kind that no snapshot holds.");
        }

        return state;
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

    private static void Record(ref PayloadReader reader, PartitionState state)
    {
        var address = LogReplay.AddressFrom(ref reader);
        var (revision, birth) = (reader.Number(), reader.Number());
        var deadline = LogReplay.DeadlineFrom(ref reader, state.Clock, Slot.Never);
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

        new RecordRestore(state).Put(address, revision, birth, count, packed, deadline);
    }

    private static void Event(ref PayloadReader reader, PartitionState state)
    {
        var position = new JournalPosition(reader.Number(), reader.Count());
        var wall = reader.Number();
        var item = new JournalEvent(position, DateTimeOffset.FromUnixTimeMilliseconds(wall), reader.Text(), reader.Bytes().ToArray());
        state.Journal.Append(item, state.Clock.FromWall(wall));
    }

    private static void Client(ref PayloadReader reader, PartitionState state)
    {
        var commits = LogReplay.Restore(state, reader.Text(), state.Clock.FromWall(reader.Number()));
        for (var count = reader.Count(); count > 0; count--)
        {
            var (sequence, term, revision) = (reader.Number(), reader.Number(), reader.Number());
            if (sequence > 0)
            {
                commits.Add(sequence, term, revision);
            }
        }
    }
}
