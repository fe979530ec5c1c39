namespace Holdfast.Embedded;

/// <summary>Writes a snapshot: a file of frames, numbered from 1, partition after partition, with an end.</summary>
internal sealed class SnapshotWriter : IDisposable
{
    private readonly PayloadWriter payload = new();
    private readonly FrameWriter frames;
    private readonly StoreClock clock;

    public SnapshotWriter(StoreDisk disk, string path, ulong salt, StoreClock clock)
    {
        this.clock = clock;
        frames = new FrameWriter(disk, path, LogHeader.SnapshotTitle, salt, firstSequence: 1);
    }

    /// <summary>Adds a partition but for its records, which follow.</summary>
    public void Add(PartitionCopy copy)
    {
        AddHead(copy);
        foreach (var item in copy.Events)
        {
            AddEvent(item);
        }

        foreach (var (key, mark) in copy.Requests)
        {
            AddRequest(key, mark);
        }

        foreach (var (client, lastUse, commits) in copy.Clients)
        {
            AddClient(client, lastUse, commits);
        }
    }

    /// <summary>Adds a record of the partition that was added last.</summary>
    public void AddRecord(RecordView record)
    {
        payload.Begin(FrameKind.Record);
        payload.Bytes(record.Address);
        payload.Number(record.Revision);
        payload.Number(record.Birth);
        if (record.Deadline == Slot.Never)
        {
            payload.Byte(CommitFrame.ExpiryNever);
        }
        else
        {
            payload.Byte(CommitFrame.ExpiryAt);
            payload.Number(clock.ToWall(record.Deadline));
        }

        payload.Number(record.FieldCount);
        payload.Rest(record.Fields);
        AddFrame();
    }

    /// <summary>Ends the file, durably, and tells its length.</summary>
    public long Finish()
    {
        payload.Begin(FrameKind.End);
        payload.Number(frames.LastSequence);
        AddFrame();
        return frames.Finish();
    }

    public void Dispose() => frames.Dispose();

    private void AddHead(PartitionCopy copy)
    {
        payload.Begin(FrameKind.Partition);
        payload.Number(copy.Index);
        payload.Number(copy.Sequence);
        payload.Number(copy.Revision);
        payload.Number(copy.Trimmed.Revision);
        payload.Number(copy.Trimmed.Index);
        payload.Number(copy.Terms.Length);
        foreach (var term in copy.Terms)
        {
            payload.Number(term.Term);
            payload.Number(term.FoundRevision);
        }

        AddFrame();
    }

    private void AddEvent(JournalEvent item)
    {
        payload.Begin(FrameKind.Event);
        payload.Number(item.Position.Revision);
        payload.Number(item.Position.Index);
        payload.Number(item.Time.ToUnixTimeMilliseconds());
        payload.Text(item.Type);
        payload.Bytes(item.Payload.Span);
        AddFrame();
    }

    private void AddRequest(RequestKey key, RequestMark mark)
    {
        payload.Begin(FrameKind.Request);
        payload.Text(key.Id);
        payload.Text(key.Step);
        payload.Text(mark.Fingerprint);
        payload.Number(mark.Term);
        payload.Number(mark.Revision);
        payload.Number(clock.ToWall(mark.Deadline));
        AddFrame();
    }

    private void AddClient(string client, long lastUse, (long Sequence, long Term, long Revision)[] commits)
    {
        payload.Begin(FrameKind.Client);
        payload.Text(client);
        payload.Number(clock.ToWall(lastUse));
        payload.Number(commits.Length);
        foreach (var commit in commits)
        {
            payload.Number(commit.Sequence);
            payload.Number(commit.Term);
            payload.Number(commit.Revision);
        }

        AddFrame();
    }

    private void AddFrame() => frames.Add(payload.Written);
}
