namespace Holdfast.Embedded;

/// <summary>Writes a snapshot: a file of frames, numbered from 1, partition after partition, with an end.</summary>
internal sealed class SnapshotWriter : IDisposable
{
    private const int FlushedBytes = 1 << 20;

    private readonly PayloadWriter payload = new();
    private readonly StoreFile file;
    private readonly ulong salt;
    private readonly StoreClock clock;
    private byte[] buffer = new byte[FlushedBytes + (64 << 10)];
    private int filled;
    private long length = LogHeader.Bytes;
    private long sequence;

    public SnapshotWriter(StoreDisk disk, string path, ulong salt, StoreClock clock)
    {
        (this.salt, this.clock) = (salt, clock);
        file = disk.Create(path);
        file.Write(LogHeader.Make(LogHeader.SnapshotTitle, salt, 1), 0);
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
        payload.Number(sequence);
        AddFrame();
        Flush();
        file.Sync();
        return length;
    }

    public void Dispose() => file.Dispose();

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

    private void AddFrame()
    {
        var bytes = payload.Written;
        var needed = Frame.HeaderBytes + bytes.Length;
        if (buffer.Length - filled < needed)
        {
            Flush();
            if (buffer.Length < needed)
            {
                buffer = new byte[needed];
            }
        }

        Frame.Write(buffer.AsSpan(filled), Frame.SumPayload(salt, bytes), ++sequence, bytes);
        filled += needed;
    }

    private void Flush()
    {
        file.Write(buffer.AsSpan(0, filled), length);
        length += filled;
        filled = 0;
    }
}
