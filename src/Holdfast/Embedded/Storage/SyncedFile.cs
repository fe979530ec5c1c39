using System.Buffers.Binary;

namespace Holdfast.Embedded;

/// <summary>
/// How far the log has been synchronised, kept beside it: what is missing or damaged before that point has been damaged since, and
/// is not the torn tail of a crash. Two slots, 4,096 bytes apart, are written in turns, so that a torn write spares one; each
/// is a frame without a payload: zero (4 bytes), CRC32C (4), the sequence (8). The higher one counts.
/// </summary>
/// <remarks>
/// Written after the log was synchronised and not synchronised itself, which would double the cost of a commit. It outlives the
/// process; after a loss of power it may lag behind the log, and is never ahead of it.
/// </remarks>
internal sealed class SyncedFile : IDisposable
{
    public const string FileName = "synced";

    private const int SlotBytes = 4096;

    private readonly StoreFile file;
    private readonly ulong salt;
    private int nextSlot;

    private SyncedFile(StoreFile file, ulong salt) => (this.file, this.salt) = (file, salt);

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

        var bytes = disk.ReadAll(path);
        long highest = -1;
        for (var at = 0; at + Frame.HeaderBytes <= bytes.Length; at += SlotBytes)
        {
            var slot = bytes.AsSpan(at, Frame.HeaderBytes);
            var sequence = BinaryPrimitives.ReadInt64LittleEndian(slot[8..]);
            if (slot.SequenceEqual(Slot(salt, sequence)))
            {
                highest = Math.Max(highest, sequence);
            }
        }

        return highest >= 0 ? highest : throw Damaged(path, 0, "neither of its two slots checks out");
    }

    public static SyncedFile Open(StoreDisk disk, string folder, ulong salt) => new(disk.Open(Path.Combine(folder, FileName)), salt);

    /// <summary>The log has been synchronised up to this frame.</summary>
    public void Tell(long sequence)
    {
        file.Write(Slot(salt, sequence), nextSlot * SlotBytes);
        nextSlot ^= 1;
    }

    /// <summary>Has the file reach the disk, at a clean end.</summary>
    public void Sync() => file.Sync();

    public void Dispose() => file.Dispose();

    private static byte[] Slot(ulong salt, long sequence)
    {
        var slot = new byte[Frame.HeaderBytes];
        Frame.Write(slot, Frame.SumPayload(salt, []), sequence, []);
        return slot;
    }

    private static StateCorruptException Damaged(string path, int offset, string what) =>
        new($"{path} is damaged at offset {offset}: {what}, so nothing tells how much of the log should be there. Nothing was changed. Restore the folder from a backup.");
}
