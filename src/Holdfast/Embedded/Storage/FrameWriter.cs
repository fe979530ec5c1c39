namespace Holdfast.Embedded;

/// <summary>Writes a file of frames from its beginning to its end: a snapshot, or the log of a store that was repaired.</summary>
internal sealed class FrameWriter : IDisposable
{
    private const int FlushedBytes = 1 << 20;

    // What a file system has yet to write of one file, it may write before it synchronises another: commits would wait for it.
    private const int SyncedBytes = 8 << 20;

    private readonly StoreFile file;
    private readonly ulong salt;
    private byte[] buffer = new byte[FlushedBytes + (64 << 10)];
    private int filled;
    private long unsynced;
    private long length = LogHeader.Bytes;

    /// <param name="disk">The disk.</param>
    /// <param name="path">The file, which replaces any other.</param>
    /// <param name="title">How it begins.</param>
    /// <param name="salt">The store's.</param>
    /// <param name="firstSequence">The first frame's sequence.</param>
    public FrameWriter(StoreDisk disk, string path, ReadOnlySpan<byte> title, ulong salt, long firstSequence)
    {
        this.salt = salt;
        LastSequence = firstSequence - 1;
        file = disk.Create(path);
        file.Write(LogHeader.Make(title, salt, firstSequence), 0);
    }

    /// <summary>The sequence of the frame that was added last.</summary>
    public long LastSequence { get; private set; }

    public void Add(ReadOnlySpan<byte> payload)
    {
        var needed = Frame.HeaderBytes + payload.Length;
        if (buffer.Length - filled < needed)
        {
            Flush();
            if (buffer.Length < needed)
            {
                buffer = new byte[needed];
            }
        }

        Frame.Write(buffer.AsSpan(filled), Frame.SumPayload(salt, payload), ++LastSequence, payload);
        filled += needed;
    }

    /// <summary>Ends the file, durably but for its name, and tells its length.</summary>
    public long Finish()
    {
        Flush();
        file.Sync();
        return length;
    }

    public void Dispose() => file.Dispose();

    private void Flush()
    {
        file.Write(buffer.AsSpan(0, filled), length);
        length += filled;
        unsynced += filled;
        filled = 0;
        if (unsynced >= SyncedBytes)
        {
            file.Sync();
            unsynced = 0;
        }
    }
}
