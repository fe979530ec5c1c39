namespace Holdfast.Embedded;

/// <summary>
/// Reads all of a damaged store that can be trusted, and writes it down again if it is given writers. Commits are kept partition by partition: after a hole in
/// the log, a partition goes on if the next commit has the revision that should follow, and ends where it was if not, so
/// that what is left of it was once all there was, and stamps tell what is not. Frames that are dropped leave commits without effect in their
/// place: all others keep their sequences.
/// </summary>
internal sealed class Salvage
{
    private readonly StoreDisk disk;
    private readonly string folder;
    private readonly SalvagedFiles files;
    private readonly SalvagedPartition[] partitions;
    private readonly PayloadWriter payload = new();
    private readonly FrameWriter? snapshotTarget;
    private readonly long newTerm;
    private readonly Func<long, FrameWriter>? openLog;
    private FrameWriter? logTarget;
    private long missingFrames;
    private long tornBytes;
    private long endOffset;
    private bool hasTerm;
    private bool isWhileCopied;

    /// <param name="disk">The disk.</param>
    /// <param name="folder">The store's folder.</param>
    /// <param name="files">What it consists of.</param>
    /// <param name="snapshotTarget">Where the snapshot goes, if there is to be one.</param>
    /// <param name="openLog">Where the log goes, which begins with this sequence.</param>
    /// <param name="newTerm">The term with which partitions begin anew.</param>
    public Salvage(
        StoreDisk disk, string folder, SalvagedFiles files, FrameWriter? snapshotTarget = null, Func<long, FrameWriter>? openLog = null, long newTerm = 0)
    {
        this.newTerm = newTerm;
        (this.disk, this.folder, this.files, this.snapshotTarget, this.openLog) = (disk, folder, files, snapshotTarget, openLog);
        partitions = [.. Enumerable.Range(0, files.Partitions).Select(static index => new SalvagedPartition(index))];
    }

    /// <summary>The last sequence that was found or is told to have been there.</summary>
    public long LastSequence { get; private set; } = -1;

    public FolderReport Run()
    {
        if (files.HasSnapshot)
        {
            new SalvagedSnapshot(disk, folder, files, partitions, snapshotTarget, newTerm).Read();
            hasTerm = isWhileCopied = true;
        }

        foreach (var number in files.Logs)
        {
            ReadLog(number);
        }

        CheckSynced();
        LastSequence = Math.Max(LastSequence, partitions.Max(static partition => partition.SnapshotSequence));
        LogTarget(LastSequence + 1);
        logTarget?.Finish();
        logTarget?.Dispose();
        return new FolderReport
        {
            Partitions = files.Partitions,
            Damages = files.Damages,
            MissingFrames = missingFrames,
            TornBytes = tornBytes,
            Records = partitions.Sum(static partition => (long)partition.Records.Count),
            Commits = partitions.Sum(static partition => partition.KeptCommits),
            Losses = [.. partitions.Where(static partition => partition.HasLoss).Select(static partition => new PartitionLoss(
                partition.Index, partition.Revision, partition.DroppedCommits, partition.DroppedRecords.Count, partition.IsBaseLost))],
        };
    }

    private void ReadLog(int number)
    {
        var name = Manifest.LogName(number);
        if (!disk.Exists(Path.Combine(folder, name)))
        {
            files.Damages.Add(new FolderDamage(name, 0, "the file is missing"));
            return;
        }

        using var reader = new FrameReader(disk, Path.Combine(folder, name), LogHeader.LogTitle, files.Salt, mayBeDamaged: true);
        if (!reader.HasHeader)
        {
            files.Damages.Add(new FolderDamage(name, 0, "the file's beginning does not check out"));
        }
        else if (LastSequence >= 0 && reader.FirstSequence != LastSequence + 1 && !(files.IsManifestLost && reader.FirstSequence <= LastSequence))
        {
            TellMissing(name, 0, reader.FirstSequence - 1);
            LastSequence = Math.Max(LastSequence, reader.FirstSequence - 1);
        }

        LastSequence = LastSequence < 0 && reader.HasHeader ? reader.FirstSequence - 1 : LastSequence;
        while (TryNext(reader, name, number == files.Logs[^1], out var sequence))
        {
            reader.TryPeek(out _, out var frame);
            if (sequence > LastSequence)
            {
                Take(name, reader.Offset, sequence, frame);
                LastSequence = sequence;
            }

            reader.Advance(frame.Length);
        }
    }

    /// <summary>Goes to the next frame that is whole; a hole before it is told.</summary>
    private bool TryNext(FrameReader reader, string name, bool isLast, out long sequence)
    {
        var offset = reader.Offset;
        if (reader.TryPeek(out sequence, out var frame) && (sequence <= LastSequence + 1 || LastSequence < 0))
        {
            // Format 1 told in the log how far it was synchronised, by a frame with the sequence before. And once the manifest is lost, what
            // is read may begin with segments that it did not name any more.
            if (LastSequence >= 0 && sequence <= LastSequence && (FrameKind)frame[0] != FrameKind.Synced && !files.IsManifestLost)
            {
                files.Damages.Add(new FolderDamage(name, offset, $"frame {sequence} stands where {LastSequence + 1} should come"));
            }

            return true;
        }

        // Behind all that was synchronised, what does not check out is the torn tail of a crash, whatever of it reached the disk.
        var isTorn = isLast && !files.IsSyncedLost && LastSequence >= files.Synced;
        if (!isTorn && reader.TryFind(LastSequence))
        {
            reader.TryPeek(out sequence, out _);
            TellMissing(name, offset, sequence - 1);
            return true;
        }

        endOffset = offset;
        if (!isLast && offset < reader.FileLength)
        {
            files.Damages.Add(new FolderDamage(name, offset, "there is no whole frame"));
        }

        reader.Seek(offset);
        tornBytes = isLast ? reader.FindTail() : 0;
        return false;
    }

    private void TellMissing(string name, long offset, long until)
    {
        var first = LastSequence + 1;
        var missing = Math.Max(0, until - LastSequence);
        missingFrames += LastSequence < 0 ? 0 : missing;
        files.Damages.Add(new FolderDamage(
            name, offset, LastSequence < 0 || missing == 0 ? "there is no whole frame" : $"{missing} frames, {first} to {until}, are damaged or missing"));
    }

    /// <summary>What had been synchronised and is missing at the log's end. Later frames must not get sequences that a snapshot may include.</summary>
    private void CheckSynced()
    {
        if (files.Synced > LastSequence && files.Logs.Count > 0)
        {
            TellMissing(Manifest.LogName(files.Logs[^1]), endOffset, files.Synced);
            LastSequence = files.Synced;
        }
    }

    private void Take(string name, long offset, long sequence, ReadOnlySpan<byte> frame)
    {
        if ((FrameKind)frame[0] != FrameKind.Commit)
        {
            TakeOther(sequence, frame);
            return;
        }

        CommitOutline commit;
        try
        {
            commit = CommitOutline.Read(frame);
            _ = commit.Partition < partitions.Length ? commit : throw new FormatException("The frame is of a partition that is not there.");
        }
        catch (FormatException fault)
        {
            files.Damages.Add(new FolderDamage(name, offset, fault.Message));
            missingFrames++;
            return;
        }

        var partition = partitions[commit.Partition];
        if (sequence <= partition.SnapshotSequence)
        {
            Put(sequence, frame);
        }
        else if (!partition.Continues(commit))
        {
            partition.IsCut = true;
            partition.Drop(commit);
        }
        else if (isWhileCopied || partition.CanApply(commit))
        {
            Put(sequence, frame);
            partition.Keep(commit, isWhileCopied);
        }
        else if (partition.IsBaseLost)
        {
            TakeWithout(partition, commit, sequence);
        }
        else
        {
            files.Damages.Add(new FolderDamage(name, offset, "the frame changes a record that is not there"));
            partition.IsCut = true;
            partition.Drop(commit);
        }
    }

    private void TakeOther(long sequence, ReadOnlySpan<byte> frame)
    {
        // Of an earlier snapshot than the one that is read, if the manifest is lost.
        if ((FrameKind)frame[0] == FrameKind.Snapshot && partitions.Max(static partition => partition.SnapshotSequence) >= sequence)
        {
            return;
        }

        Put(sequence, frame, opensTerm: (FrameKind)frame[0] == FrameKind.Open);
        isWhileCopied &= (FrameKind)frame[0] != FrameKind.Snapshot;
    }

    /// <summary>A commit that changes a record which is lost goes, and takes the other records that it changes with it: none is shown half changed.</summary>
    private void TakeWithout(SalvagedPartition partition, CommitOutline commit, long sequence)
    {
        partition.Drop(commit);
        List<string> gone = [.. commit.Changes.Select(static change => change.Address).Where(partition.Records.Remove)];
        var target = LogTarget(sequence);
        partition.Revision = Math.Max(partition.Revision, commit.Revision);
        CommitOutline.WriteDeletion(payload, partition.Index, partition.Revision, commit.WallMilliseconds, gone);
        target?.Add(payload.Written);
    }

    private void Put(long sequence, ReadOnlySpan<byte> frame, bool opensTerm = false) => LogTarget(sequence, opensTerm)?.Add(frame);

    /// <summary>The log that is written, up to the frame before this one: with commits without effect in place of what is missing.</summary>
    private FrameWriter? LogTarget(long sequence, bool opensTerm = false)
    {
        if (openLog is null)
        {
            return null;
        }

        hasTerm |= opensTerm && logTarget is null;

        if (logTarget is null)
        {
            // Without a snapshot, the log's first frame must be one that opens a term.
            logTarget = openLog(hasTerm ? sequence : Math.Max(1, sequence - 1));
            if (!hasTerm)
            {
                payload.Begin(FrameKind.Open);
                payload.Number(newTerm);
                logTarget.Add(payload.Written);
                hasTerm = true;
            }
        }

        while (logTarget.LastSequence < sequence - 1)
        {
            CommitOutline.WriteDeletion(payload, 0, partitions[0].Revision, 0, []);
            logTarget.Add(payload.Written);
        }

        return logTarget;
    }
}
