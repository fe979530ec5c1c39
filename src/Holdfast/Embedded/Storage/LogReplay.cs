namespace Holdfast.Embedded;

/// <summary>
/// Applies a log's frames to partitions. A partition takes only frames after those that its snapshot includes; each
/// tells results, so the order of a partition's frames is all that matters.
/// </summary>
/// <remarks>
/// The records of a snapshot were copied while commits went on, so that a record may show frames that follow. Until the frame that
/// tells that the snapshot was taken, a record therefore passes over the fields of changes, and over removals, up to its own revision, and takes
/// each expiry: the last one is right. A change of a record that is absent has no effect then: its removal follows.
/// </remarks>
/// <param name="partitions">What the frames are applied to.</param>
/// <param name="followsSnapshot">Whether the frames begin while a snapshot was taken.</param>
internal sealed class LogReplay(PartitionState[] partitions, bool followsSnapshot)
{
    private readonly WallAnchor anchor = partitions[0].Clock.Anchor();
    private readonly RecordRestore?[] records = new RecordRestore?[partitions.Length];
    private bool isWhileCopied = followsSnapshot;

    public void Apply(ReadOnlySpan<byte> payload, long sequence)
    {
        var reader = new PayloadReader(payload);
        switch ((FrameKind)reader.Byte())
        {
            case FrameKind.Commit:
                ApplyCommit(ref reader, sequence);
                break;
            case FrameKind.Open:
                ApplyOpen(reader.Time(), sequence);
                break;
            case FrameKind.Snapshot:
                isWhileCopied = false;
                break;
            default:
                throw new FormatException("The frame is of a kind that no log holds.");
        }
    }

    private void ApplyOpen(long wallMilliseconds, long sequence)
    {
        foreach (var state in partitions)
        {
            if (sequence > state.VisibleSequence)
            {
                state.OpenTerm(wallMilliseconds);
                state.VisibleSequence = sequence;
            }
        }
    }

    private void ApplyCommit(ref PayloadReader reader, long sequence)
    {
        var index = reader.Count();
        if (index >= partitions.Length)
        {
            throw new FormatException("The frame is of a partition that is not there.");
        }

        var state = partitions[index];
        if (sequence <= state.VisibleSequence)
        {
            return;
        }

        var revision = reader.Number();
        var wall = reader.Time();
        var flags = reader.Byte();
        for (var changes = reader.Count(); changes > 0; changes--)
        {
            ApplyChange(ref reader, state, records[index] ??= new RecordRestore(state, anchor), revision);
        }

        ApplyEvents(ref reader, state, revision, wall);
        state.Revision = state.VisibleRevision = revision;
        state.VisibleSequence = sequence;
        if ((flags & CommitFrame.HasRequest) != 0)
        {
            ApplyRequest(ref reader, state, revision);
        }

        if ((flags & CommitFrame.HasClient) != 0)
        {
            ApplyClient(ref reader, state, revision, wall);
        }
    }

    private void ApplyChange(ref PayloadReader reader, PartitionState state, RecordRestore restore, long revision)
    {
        var effect = (ChangeEffect)reader.Byte();
        var address = AddressFrom(ref reader);
        var slot = state.Table.Find(address, out var hash);
        var known = slot < 0 ? default : state.Table.Newest(slot, long.MinValue);
        if (effect == ChangeEffect.Delete)
        {
            if (slot >= 0 && !(isWhileCopied && known.Revision > revision))
            {
                restore.Remove(slot);
            }

            return;
        }

        if (effect is not (ChangeEffect.Create or ChangeEffect.Change or ChangeEffect.Touch))
        {
            throw new FormatException("The frame has a change of an unknown kind.");
        }

        var creates = effect == ChangeEffect.Create;
        if (slot < 0 && !creates && !isWhileCopied)
        {
            throw new FormatException("The frame changes a record that is not there.");
        }

        var deadline = DeadlineFrom(ref reader, anchor, slot < 0 || creates ? Slot.Never : known.Deadline);
        var isShown = isWhileCopied && (slot < 0 ? !creates : known.Revision >= revision);
        if (effect != ChangeEffect.Touch && !isShown)
        {
            restore.Change(slot, hash, address, creates, revision, ref reader, deadline);
            return;
        }

        if (effect != ChangeEffect.Touch)
        {
            RecordRestore.SkipFields(ref reader);
        }

        if (slot >= 0)
        {
            restore.Expire(slot, deadline);
        }
    }

    public static ReadOnlySpan<byte> AddressFrom(ref PayloadReader reader)
    {
        var address = reader.Bytes();
        return Address.IsValid(address) ? address : throw new FormatException("The frame names no address.");
    }

    public static long DeadlineFrom(ref PayloadReader reader, in WallAnchor anchor, long before) => reader.Byte() switch
    {
        CommitFrame.ExpiryUnchanged => before,
        CommitFrame.ExpiryNever => Slot.Never,
        CommitFrame.ExpiryAt => anchor.FromWall(reader.Number()),
        _ => throw new FormatException("The frame has an expiry of an unknown kind."),
    };

    private void ApplyEvents(ref PayloadReader reader, PartitionState state, long revision, long wall)
    {
        var count = reader.Count();
        for (var i = 0; i < count; i++)
        {
            var time = DateTimeOffset.FromUnixTimeMilliseconds(wall);
            var item = new JournalEvent(new JournalPosition(revision, i), time, reader.Text(), reader.Bytes().ToArray());
            state.Journal.Append(item, anchor.FromWall(wall));
        }
    }

    private void ApplyRequest(ref PayloadReader reader, PartitionState state, long revision)
    {
        var key = new RequestKey(reader.Text(), reader.Text());
        Restore(state, key, new RequestMark(reader.Text(), state.Term, revision, anchor.FromWall(reader.Number())));
    }

    private void ApplyClient(ref PayloadReader reader, PartitionState state, long revision, long wall)
    {
        Restore(state, reader.Text(), anchor.FromWall(wall), reader.Number(), state.Term, revision);
    }

    /// <summary>Remembers a request id that was promised, unless its time is over.</summary>
    public static void Restore(PartitionState state, RequestKey key, RequestMark mark)
    {
        if (mark.Deadline > state.Clock.Timestamp)
        {
            state.Memory.ReserveAnyway(RequestMarks.BytesOf(key, mark.Fingerprint));
            state.Requests.Add(key, mark);
        }
    }

    /// <summary>Remembers a client's commit.</summary>
    public static void Restore(PartitionState state, string client, long lastUse, long sequence, long term, long revision)
    {
        state.Memory.ReserveAnyway(state.Clients.BytesFor(client, sequence));
        var commits = state.Clients.FindOrAdd(client);
        commits.LastUse = lastUse;
        commits.Add(sequence, term, revision);
    }
}
