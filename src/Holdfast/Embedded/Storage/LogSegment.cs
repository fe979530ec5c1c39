namespace Holdfast.Embedded;

/// <summary>A log file that is appended to. Used by one thread at a time.</summary>
/// <remarks>
/// Zeros are written ahead of what is synchronised: the file then has its length and its place on the disk already, and a
/// synchronised append changes nothing but content, where it would otherwise wait for the file system's own journal too.
/// </remarks>
internal sealed class LogSegment : IDisposable
{
    // As much is written ahead as the segment holds, within these bounds: little in a small store, and in a large one once in a megabyte.
    private const int MinBytesAhead = 64 << 10;
    private const int MaxBytesAhead = 1 << 20;

    private static readonly byte[] Zeros = new byte[MaxBytesAhead];

    private readonly StoreDisk disk;
    private readonly string path;
    private readonly StoreFile file;

    // Up to here the file holds zeros behind the last frame.
    private long ahead;

    private LogSegment(StoreDisk disk, string path, StoreFile file, long length, long ahead) =>
        (this.disk, this.path, this.file, Length, this.ahead) = (disk, path, file, length, ahead);

    /// <summary>Where the last whole frame ends.</summary>
    public long Length { get; private set; }

    /// <summary>Creates the segment, durably and in place of any left-over of that name; the manifest must then name it.</summary>
    public static LogSegment Create(StoreDisk disk, string folder, int number, ulong salt, long firstSequence)
    {
        var path = Path.Combine(folder, Manifest.LogName(number));
        var file = disk.Create(path);
        try
        {
            file.Write(LogHeader.Make(LogHeader.LogTitle, salt, firstSequence), 0);
            file.Sync();
            disk.SyncFolder(folder);
            return new LogSegment(disk, path, file, LogHeader.Bytes, LogHeader.Bytes);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Opens a segment that was recovered, and cuts what follows its last whole frame. What is not known to have been synchronised is written again
    /// first: if synchronising it failed once, the operating system shows it and may never write it, though it reports success from then on.
    /// </summary>
    public static LogSegment Continue(StoreDisk disk, string folder, int number, long length, long syncedEnd)
    {
        var path = Path.Combine(folder, Manifest.LogName(number));
        var file = disk.Open(path);
        try
        {
            var segment = new LogSegment(disk, path, file, length, file.Length);
            segment.WriteAgain(syncedEnd);
            segment.CutToLength();
            return segment;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Appends frames, which reach the disk by <see cref="Sync"/>.</summary>
    public void Append(ReadOnlySpan<byte> frames)
    {
        file.Write(frames, Length);
        Advance(frames.Length);
    }

    /// <summary>Appends frames that have reached the disk when this returns. Everything before must have.</summary>
    public void AppendSynced(ReadOnlySpan<byte> frames)
    {
        if (Length + frames.Length <= ahead)
        {
            file.WriteSynced(frames, Length);
        }
        else
        {
            WriteAhead(Length + frames.Length);
            file.Write(frames, Length);
            file.Sync();
        }

        Advance(frames.Length);
    }

    public void Sync() => file.Sync();

    /// <summary>The same file once more, to be synchronised by another thread.</summary>
    public StoreFile OpenAgain() => disk.OpenToRead(path);

    /// <summary>
    /// Cuts off, durably, what is behind the last whole frame: zeros, or what a failed append may have left, whose whole frames would
    /// come back after a loss of power.
    /// </summary>
    public void CutToLength()
    {
        if (file.Length != Length)
        {
            file.SetLength(Length);
        }

        file.Sync();
        ahead = Length;
    }

    public void Dispose() => file.Dispose();

    private void Advance(int bytes)
    {
        Length += bytes;
        ahead = Math.Max(ahead, Length);
    }

    private void WriteAgain(long from)
    {
        var piece = new byte[Math.Clamp(Length - from, 0, MaxBytesAhead)];
        for (var at = from; at < Length; at += piece.Length)
        {
            var rest = piece.AsSpan(0, (int)Math.Min(piece.Length, Length - at));
            file.Write(rest[..file.Read(rest, at)], at);
        }
    }

    private void WriteAhead(long end)
    {
        var target = end + Math.Clamp(end, MinBytesAhead, MaxBytesAhead);
        try
        {
            for (var at = ahead; at < target; at += Zeros.Length)
            {
                file.Write(Zeros.AsSpan(0, (int)Math.Min(Zeros.Length, target - at)), at);
            }

            ahead = target;
        }
        catch (IOException fault) when (StoreDisk.IsFull(fault))
        {
            // The frames themselves may still fit.
        }
    }
}
