namespace Holdfast.Embedded;

/// <summary>Tells from snapshots and logs how many partitions a store has whose manifest is lost.</summary>
internal sealed class PartitionCount(StoreDisk disk, string folder, ulong salt)
{
    public bool IsWhole(int snapshot)
    {
        using var reader = OpenSnapshot(snapshot);
        long last = 0;
        while (reader.HasHeader && reader.TryPeek(out var sequence, out var frame) && sequence == last + 1)
        {
            if ((FrameKind)frame[0] == FrameKind.End)
            {
                return true;
            }

            last = sequence;
            reader.Advance(frame.Length);
        }

        return false;
    }

    /// <summary>The sequence of a log's first frame; -1 if its beginning does not check out.</summary>
    public long FirstSequence(int log)
    {
        using var reader = OpenLog(log);
        return reader.HasHeader ? reader.FirstSequence : -1;
    }

    /// <summary>
    /// A snapshot tells of every partition. Without one, it is the lowest count by which every record that the log tells of lies in the partition
    /// that it is told to lie in; among records enough of any store that is in use there is no other.
    /// </summary>
    public int Find(int snapshot, IReadOnlyList<int> logs)
    {
        List<(int Partition, string Address)> told = [];
        var lowest = snapshot > 0 && disk.Exists(Path.Combine(folder, Manifest.SnapshotName(snapshot))) ? FromSnapshot(snapshot) : 0;
        foreach (var log in logs)
        {
            AddTold(log, told);
        }

        lowest = Math.Max(lowest, told.Select(static record => record.Partition + 1).Append(1).Max());
        for (var count = 1; count <= PartitionMap.MaxCount; count *= 2)
        {
            if (count >= lowest && Fits(new PartitionMap(count), told))
            {
                return count;
            }
        }

        throw new StateCorruptException(
            $"{Path.Combine(folder, Manifest.FileName)} is lost (looked for at offset 0), and the other files don't tell how many partitions the store had. Restore the folder from a backup.");
    }

    private static bool Fits(PartitionMap map, List<(int Partition, string Address)> told) =>
        told.TrueForAll(record => Address.TryParse(record.Address, out var address) && map.PartitionOf(address) == record.Partition);

    private int FromSnapshot(int snapshot)
    {
        using var reader = OpenSnapshot(snapshot);
        var highest = 0;
        for (long last = 0; reader.TryFind(last);)
        {
            reader.TryPeek(out last, out var frame);
            if ((FrameKind)frame[0] == FrameKind.Partition)
            {
                highest = Math.Max(highest, new PayloadReader(frame[1..]).Count() + 1);
            }

            reader.Advance(frame.Length);
        }

        return highest;
    }

    private void AddTold(int log, List<(int Partition, string Address)> told)
    {
        using var reader = OpenLog(log);
        for (long last = -1; reader.TryFind(last);)
        {
            reader.TryPeek(out last, out var frame);
            if ((FrameKind)frame[0] == FrameKind.Commit)
            {
                var commit = CommitOutline.Read(frame);
                told.AddRange(commit.Changes.Select(change => (commit.Partition, change.Address)));
            }

            reader.Advance(frame.Length);
        }
    }

    private FrameReader OpenSnapshot(int number) =>
        new(disk, Path.Combine(folder, Manifest.SnapshotName(number)), LogHeader.SnapshotTitle, salt, mayBeDamaged: true);

    private FrameReader OpenLog(int number) => new(disk, Path.Combine(folder, Manifest.LogName(number)), LogHeader.LogTitle, salt, mayBeDamaged: true);
}
