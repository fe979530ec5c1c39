namespace Holdfast.Embedded;

/// <summary>
/// Reads what can be read of a snapshot. A partition of which a part is missing keeps the records that are there; its journal and its terms begin anew, so
/// that followers of the journal see a gap and every stamp from before is told to be lost.
/// </summary>
/// <remarks>
/// The new term is above all that processes had. Those that the log opens after it get numbers above it too, and so others than they had: no earlier stamp
/// names any of them.
/// </remarks>
internal sealed class SalvagedSnapshot(
    StoreDisk disk, string folder, SalvagedFiles files, SalvagedPartition[] partitions, FrameWriter? target, long newTerm)
{
    private readonly string name = Manifest.SnapshotName(files.Snapshot);
    private readonly PartitionMap map = new(files.Partitions);
    private readonly PayloadWriter payload = new();
    private readonly bool[] isWritten = new bool[files.Partitions];
    private readonly List<byte[]> contents = [];
    private SalvagedPartition? current;
    private byte[]? head;
    private bool isUncertain;

    public void Read()
    {
        if (disk.Exists(Path.Combine(folder, name)))
        {
            ReadFrames();
        }
        else
        {
            files.Damages.Add(new FolderDamage(name, 0, "the file is missing"));
        }

        EndPartition();
        foreach (var partition in partitions)
        {
            if (!isWritten[partition.Index])
            {
                partition.IsBaseLost = true;
                Begin(partition, null);
                EndPartition();
            }
        }

        if (target is not null)
        {
            payload.Begin(FrameKind.End);
            payload.Number(target.LastSequence);
            target.Add(payload.Written);
            target.Finish();
        }
    }

    private void ReadFrames()
    {
        using var reader = new FrameReader(disk, Path.Combine(folder, name), LogHeader.SnapshotTitle, files.Salt, mayBeDamaged: true);
        if (!reader.HasHeader)
        {
            files.Damages.Add(new FolderDamage(name, 0, "the file's beginning does not check out"));
        }

        long last = 0;
        while (TryNext(reader, ref last, out var frame))
        {
            var (offset, bytes) = (reader.Offset, frame.Length);
            try
            {
                if ((FrameKind)frame[0] == FrameKind.End)
                {
                    CheckEnd(reader, frame, last);
                    return;
                }

                Take(frame);
            }
            catch (FormatException fault)
            {
                Lose(offset, fault.Message);
            }

            reader.Advance(bytes);
        }
    }

    private bool TryNext(FrameReader reader, ref long last, out ReadOnlySpan<byte> frame)
    {
        if (reader.TryPeek(out var sequence, out frame) && sequence == last + 1)
        {
            last = sequence;
            return true;
        }

        var offset = reader.Offset;
        if (reader.TryFind(last))
        {
            reader.TryPeek(out sequence, out frame);
            Lose(offset, $"{sequence - last - 1} frames are damaged or missing");
            last = sequence;
            return true;
        }

        Lose(offset, "there is no whole frame, and the end is missing");
        return false;
    }

    private void CheckEnd(FrameReader reader, ReadOnlySpan<byte> frame, long sequence)
    {
        var told = new PayloadReader(frame[1..]).Number();
        reader.Advance(frame.Length);
        if (told != sequence - 1 || !reader.AtEnd)
        {
            files.Damages.Add(new FolderDamage(name, reader.Offset, "the end is not where it belongs"));
        }
    }

    /// <summary>Something is missing here, and whose it was is known only once the next partition begins.</summary>
    private void Lose(long offset, string what)
    {
        files.Damages.Add(new FolderDamage(name, offset, what));
        isUncertain = true;
        if (current is not null)
        {
            current.IsBaseLost = true;
        }
    }

    private void Take(ReadOnlySpan<byte> frame)
    {
        var reader = new PayloadReader(frame[1..]);
        switch ((FrameKind)frame[0])
        {
            case FrameKind.Partition:
                var partition = PartitionAt(reader.Count());
                EndPartition();
                (partition.SnapshotSequence, partition.Revision) = (reader.Number(), reader.Number());
                Begin(partition, frame.ToArray());
                return;
            case FrameKind.Record:
                var address = reader.Text();
                TakeRecord(address, reader.Number());
                break;
            case FrameKind.Event or FrameKind.Request or FrameKind.Client:
                break;
            default:
                throw new FormatException("The frame is of a kind that no snapshot holds.");
        }

        if (current is not null && (!isUncertain || (FrameKind)frame[0] == FrameKind.Record))
        {
            contents.Add(frame.ToArray());
        }
    }

    private void TakeRecord(string address, long revision)
    {
        if (!Address.TryParse(address, out var parsed))
        {
            throw new FormatException("The frame names no address.");
        }

        var owner = partitions[map.PartitionOf(parsed)];
        if (current != owner)
        {
            // The head of its partition is among what is missing.
            _ = isUncertain && !isWritten[owner.Index] ? owner : throw new FormatException("The record is of another partition.");
            EndPartition();
            owner.IsBaseLost = true;
            Begin(owner, null);
            isUncertain = true;
        }

        owner.Records[address] = revision;
        owner.Revision = Math.Max(owner.Revision, revision);
    }

    private SalvagedPartition PartitionAt(int index) =>
        index < partitions.Length ? partitions[index] : throw new FormatException("The frame is of a partition that is not there.");

    private void Begin(SalvagedPartition partition, byte[]? headFrame) => (current, head, isUncertain) = (partition, headFrame, false);

    private void EndPartition()
    {
        if (current is not { } partition)
        {
            return;
        }

        isWritten[partition.Index] = true;
        if (target is not null)
        {
            target.Add(partition.IsBaseLost ? NewHead(partition) : head!);
            foreach (var frame in contents)
            {
                if (!partition.IsBaseLost || (FrameKind)frame[0] != FrameKind.Event)
                {
                    target.Add(frame);
                }
            }
        }

        contents.Clear();
        current = null;
    }

    private ReadOnlySpan<byte> NewHead(SalvagedPartition partition)
    {
        payload.Begin(FrameKind.Partition);
        payload.Number(partition.Index);
        payload.Number(partition.SnapshotSequence);
        payload.Number(partition.Revision);
        payload.Number(partition.Revision);
        payload.Number(int.MaxValue);
        payload.Number(1);
        payload.Number(newTerm);
        payload.Number(0);
        return payload.Written;
    }
}
