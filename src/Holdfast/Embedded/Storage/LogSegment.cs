using Microsoft.Win32.SafeHandles;

namespace Holdfast.Embedded;

/// <summary>A log file that is appended to. Used by one thread at a time.</summary>
internal sealed class LogSegment : IDisposable
{
    private readonly SafeFileHandle file;

    private LogSegment(SafeFileHandle file, long length) => (this.file, Length) = (file, length);

    /// <summary>Where the last whole frame ends.</summary>
    public long Length { get; private set; }

    /// <summary>Creates the segment, durably and in place of any left-over of that name; the manifest must then name it.</summary>
    public static LogSegment Create(string folder, int number, ulong salt, long firstSequence)
    {
        var path = Path.Combine(folder, Manifest.LogName(number));
        var file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            RandomAccess.Write(file, LogHeader.Make(LogHeader.LogTitle, salt, firstSequence), 0);
            StoreDisk.Sync(file);
            StoreDisk.SyncFolder(folder);
            return new LogSegment(file, LogHeader.Bytes);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens a segment that was recovered, and cuts what follows its last whole frame.</summary>
    public static LogSegment Continue(string folder, int number, long length)
    {
        var file = File.OpenHandle(Path.Combine(folder, Manifest.LogName(number)), FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            if (RandomAccess.GetLength(file) != length)
            {
                RandomAccess.SetLength(file, length);
            }

            StoreDisk.Sync(file);
            return new LogSegment(file, length);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Append(ReadOnlySpan<byte> frames)
    {
        try
        {
            RandomAccess.Write(file, frames, Length);
        }
        catch (ArgumentOutOfRangeException fault)
        {
            // .NET's way to tell EFBIG: over the file system's or the process's limit.
            throw new IOException(fault.Message, StoreDisk.FileTooLarge);
        }

        Length += frames.Length;
    }

    public void Sync() => StoreDisk.Sync(file);

    /// <summary>Takes back what a failed append may have left, durably: its whole frames would come back after a power loss.</summary>
    public void CutToLength()
    {
        RandomAccess.SetLength(file, Length);
        Sync();
    }

    public void Dispose() => file.Dispose();
}
