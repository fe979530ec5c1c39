using System.Buffers.Binary;

namespace Holdfast.Embedded;

/// <summary>
/// How far the log has been synchronised, kept beside it: what is missing or damaged before that point has been damaged since, and
/// is not the torn tail of a crash. Of two slots, 4,096 bytes apart, one has reached the disk and is left alone while the other is written;
/// each is a frame without a payload: zero (4 bytes), CRC32C (4), the sequence (8). The higher one counts.
/// </summary>
/// <remarks>
/// Written after the log was synchronised and not synchronised itself, which would double the cost of a commit. It outlives the
/// process; after a loss of power it may lag behind the log, at most back to where the segment begins, and is never ahead of it.
/// </remarks>
internal sealed class SyncedFile : IDisposable
{
    public const string FileName = "synced";

    private const int SlotBytes = 4096;

    private readonly StoreFile file;
    private readonly ulong salt;
    private int slot;
    private bool hasTold;

    private SyncedFile(StoreFile file, ulong salt, int slot) => (this.file, this.salt, this.slot) = (file, salt, slot);

    /// <summary>Creates the file, durably, in place of any other.</summary>
    public static void Create(StoreDisk disk, string folder, ulong salt, long sequence)
    {
        using var file = disk.Create(Path.Combine(folder, FileName));
        file.Write(Slot(salt, sequence), 0);
        file.Write(Slot(salt, sequence), SlotBytes);
        file.Sync();
        disk.SyncFolder(folder);
    }

    /// <summary>The last frame that is known to have been synchronised.</summary>
    public static long Read(StoreDisk disk, string folder, ulong salt)
    {
        var path = Path.Combine(folder, FileName);
        if (!disk.Exists(path))
        {
            throw Damaged(path, 0, "it is missing");
        }

        var (sequence, _) = Highest(disk.ReadAll(path), salt);
        return sequence >= 0 ? sequence : throw Damaged(path, 0, "neither of its two slots checks out");
    }

    /// <summary>Opens the file for writing, and has what it tells reach the disk.</summary>
    public static SyncedFile Open(StoreDisk disk, string folder, ulong salt)
    {
        var path = Path.Combine(folder, FileName);
        var (_, slot) = Highest(disk.ReadAll(path), salt);
        var opened = new SyncedFile(disk.Open(path), salt, 1 - slot);
        try
        {
            opened.Sync();
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>The log has been synchronised up to this frame.</summary>
    public void Tell(long sequence)
    {
        file.Write(Slot(salt, sequence), slot * SlotBytes);
        hasTold = true;
    }

    /// <summary>Has what was told last reach the disk, and leaves it alone from now on.</summary>
    public void Keep()
    {
        if (hasTold)
        {
            file.Sync();
            slot = 1 - slot;
            hasTold = false;
        }
    }

    /// <summary>Has the file reach the disk, at a clean end.</summary>
    public void Sync() => file.Sync();

    public void Dispose() => file.Dispose();

    private static (long Sequence, int Slot) Highest(ReadOnlySpan<byte> bytes, ulong salt)
    {
        (long Sequence, int Slot) highest = (-1, 0);
        for (var (at, number) = (0, 0); at + Frame.HeaderBytes <= bytes.Length; (at, number) = (at + SlotBytes, number + 1))
        {
            var slot = bytes.Slice(at, Frame.HeaderBytes);
            var sequence = BinaryPrimitives.ReadInt64LittleEndian(slot[8..]);
            if (sequence > highest.Sequence && slot.SequenceEqual(Slot(salt, sequence)))
            {
                highest = (sequence, number);
            }
        }

        return highest;
    }

    private static byte[] Slot(ulong salt, long sequence)
    {
        var slot = new byte[Frame.HeaderBytes];
        Frame.Write(slot, Frame.SumPayload(salt, []), sequence, []);
        return slot;
    }

    private static StateCorruptException Damaged(string path, int offset, string what) =>
        new($"{path} is damaged at offset {offset}: {what}, so nothing tells how much of the log should be there. Nothing was changed. Restore the folder from a backup.");
}
