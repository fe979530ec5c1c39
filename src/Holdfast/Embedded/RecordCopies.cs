using System.Buffers.Binary;

namespace Holdfast.Embedded;

/// <summary>Copies of some of a partition's records, in one buffer that is used again for the next ones.</summary>
internal sealed class RecordCopies
{
    // Under one hold of the lock no more is begun beyond this.
    private const int BytesAtOnce = 256 << 10;

    private const int PrefixBytes = sizeof(long) + sizeof(int);

    private byte[] buffer = new byte[BytesAtOnce];
    private int filled;
    private int nextSlot;

    /// <summary>Begins with the next partition.</summary>
    public void Begin() => nextSlot = 0;

    /// <summary>Copies the next ones, under the partition's lock; false when these were the last.</summary>
    public bool Take(RecordTable table)
    {
        filled = 0;
        var end = Math.Min(nextSlot + PartitionCopy.SlotsAtOnce, table.SlotCount);
        for (; nextSlot < end && filled < BytesAtOnce; nextSlot++)
        {
            // One that has expired is copied: its removal is a frame of its own.
            if (table.Visible(nextSlot, long.MinValue) is { IsAbsent: false } record)
            {
                Add(record);
            }
        }

        return nextSlot < table.SlotCount;
    }

    /// <summary>Writes the copies into a snapshot.</summary>
    public void WriteTo(SnapshotWriter snapshot)
    {
        for (var at = 0; at < filled;)
        {
            var deadline = BinaryPrimitives.ReadInt64LittleEndian(buffer.AsSpan(at));
            var length = BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(at + sizeof(long)));
            snapshot.AddRecord(new RecordView(buffer.AsSpan(at + PrefixBytes, length), deadline));
            at += PrefixBytes + length;
        }
    }

    private void Add(RecordView record)
    {
        var bytes = record.Bytes;
        var needed = PrefixBytes + bytes.Length;
        if (buffer.Length - filled < needed)
        {
            Array.Resize(ref buffer, Math.Max(buffer.Length * 2, filled + needed));
        }

        BinaryPrimitives.WriteInt64LittleEndian(buffer.AsSpan(filled), record.Deadline);
        BinaryPrimitives.WriteInt32LittleEndian(buffer.AsSpan(filled + sizeof(long)), bytes.Length);
        bytes.CopyTo(buffer.AsSpan(filled + PrefixBytes));
        filled += needed;
    }
}
