using Fields = System.Collections.Generic.Dictionary<string, System.ReadOnlyMemory<byte>>;

namespace Holdfast.Embedded;

/// <summary>
/// Applies a log's frames to partitions. A partition takes only frames after those that its snapshot includes; each
/// tells results, so the order of a partition's frames is all that matters.
/// </summary>
internal sealed class LogReplay(PartitionState[] partitions)
{
    public void Apply(ReadOnlySpan<byte> payload, long sequence)
    {
        var reader = new PayloadReader(payload);
        switch ((FrameKind)reader.Byte())
        {
            case FrameKind.Commit:
                ApplyCommit(ref reader, sequence);
                break;
            case FrameKind.Open:
                ApplyOpen(reader.Number(), sequence);
                break;
            case FrameKind.Snapshot:
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
        var wall = reader.Number();
        var flags = reader.Byte();
        for (var changes = reader.Count(); changes > 0; changes--)
        {
            ApplyChange(ref reader, state, revision);
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

    private static void ApplyChange(ref PayloadReader reader, PartitionState state, long revision)
    {
        var effect = (ChangeEffect)reader.Byte();
        var address = AddressFrom(ref reader);
        if (effect == ChangeEffect.Delete)
        {
            if (state.Slots.Remove(address, out var removed))
            {
                // The expiry queue may still hold the slot.
                removed.Newest = removed.Visible = null;
            }

            return;
        }

        var slot = state.SlotOf(address);
        var before = effect == ChangeEffect.Create ? null
            : slot.Newest ?? throw new FormatException("The frame changes a record that is not there.");
        var deadline = DeadlineFrom(ref reader, state.Clock, before?.Deadline);
        var record = effect switch
        {
            ChangeEffect.Touch => RecordEditor.Touch(before!, deadline),
            ChangeEffect.Create or ChangeEffect.Change =>
                new Record(address, revision, before?.Birth ?? revision, FieldsFrom(ref reader, before), deadline),
            _ => throw new FormatException("The frame has a change of an unknown kind."),
        };
        slot.Newest = slot.Visible = record;
        state.Expiries.Note(slot, deadline);
    }

    public static Address AddressFrom(ref PayloadReader reader) =>
        Address.TryParse(reader.Text(), out var address) ? address : throw new FormatException("The frame names no address.");

    public static long? DeadlineFrom(ref PayloadReader reader, StoreClock clock, long? before) => reader.Byte() switch
    {
        CommitFrame.ExpiryUnchanged => before,
        CommitFrame.ExpiryNever => null,
        CommitFrame.ExpiryAt => clock.FromWall(reader.Number()),
        _ => throw new FormatException("The frame has an expiry of an unknown kind."),
    };

    private static Fields FieldsFrom(ref PayloadReader reader, Record? before)
    {
        // Nobody else has seen the record before, so its fields are changed in place.
        var fields = before?.Fields as Fields ?? new Fields(StringComparer.Ordinal);
        while (true)
        {
            switch (reader.Byte())
            {
                case CommitFrame.FieldsEnd:
                    return fields;
                case CommitFrame.FieldSet:
                    var name = reader.Text();
                    fields[name] = reader.Bytes().ToArray();
                    break;
                case CommitFrame.FieldRemoved:
                    fields.Remove(reader.Text());
                    break;
                default:
                    throw new FormatException("The frame has a field of an unknown kind.");
            }
        }
    }

    private static void ApplyEvents(ref PayloadReader reader, PartitionState state, long revision, long wall)
    {
        var count = reader.Count();
        for (var i = 0; i < count; i++)
        {
            var time = DateTimeOffset.FromUnixTimeMilliseconds(wall);
            var item = new JournalEvent(new JournalPosition(revision, i), time, reader.Text(), reader.Bytes().ToArray());
            state.Journal.Append(item, state.Clock.FromWall(wall));
        }
    }

    private static void ApplyRequest(ref PayloadReader reader, PartitionState state, long revision)
    {
        var key = new RequestKey(reader.Text(), reader.Text());
        Restore(state, key, new RequestMark(reader.Text(), state.Term, revision, state.Clock.FromWall(reader.Number())));
    }

    private static void ApplyClient(ref PayloadReader reader, PartitionState state, long revision, long wall)
    {
        var commits = Restore(state, reader.Text(), state.Clock.FromWall(wall));
        commits.Add(reader.Number(), state.Term, revision);
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

    public static ClientCommits Restore(PartitionState state, string client, long lastUse)
    {
        state.Memory.ReserveAnyway(state.Clients.BytesFor(client));
        var commits = state.Clients.FindOrAdd(client);
        commits.LastUse = lastUse;
        return commits;
    }
}
