using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Embedded;

/// <summary>A file of the machine's, and what .NET's classes lack for it.</summary>
internal sealed unsafe partial class MachineFile(SafeFileHandle file) : StoreFile
{
    private const int Interrupted = 4;
    private const int NotImplemented = 38;
    private const int NotSupported = 95;
    private const int MacFullSync = 51;

    /// <summary>RWF_DSYNC: as if the file had been opened with O_DSYNC, for this one write. Linux 4.7.</summary>
    private const int SyncContentFlag = 2;

    // One call instead of two, where the machine has it.
    private static volatile bool hasSyncedWrites = OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    public override long Length => RandomAccess.GetLength(file);

    public override int Read(Span<byte> target, long offset)
    {
        var read = 0;
        while (read < target.Length && RandomAccess.Read(file, target[read..], offset + read) is > 0 and var count)
        {
            read += count;
        }

        return read;
    }

    public override void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        try
        {
            RandomAccess.Write(file, bytes, offset);
        }
        catch (ArgumentOutOfRangeException fault)
        {
            // .NET's way to tell EFBIG: over the file system's or the process's limit.
            throw new IOException(fault.Message, StoreDisk.FileTooLarge);
        }
    }

    public override void WriteSynced(ReadOnlySpan<byte> bytes, long offset)
    {
        while (hasSyncedWrites && bytes.Length > 0)
        {
            var written = TryWriteSynced(bytes, offset);
            bytes = bytes[written..];
            offset += written;
        }

        if (bytes.Length > 0)
        {
            Write(bytes, offset);
            Sync();
        }
    }

    public override void SetLength(long length) => RandomAccess.SetLength(file, length);

    /// <remarks>
    /// <see cref="RandomAccess.FlushToDisk"/> returns as if all were well when fsync fails on Unix (seen with an injected EIO on
    /// .NET 10.0.12).
    /// </remarks>
    public override void Sync()
    {
        if (OperatingSystem.IsWindows())
        {
            RandomAccess.FlushToDisk(file);
            return;
        }

        int result;
        do
        {
            // On macOS, fsync leaves the bytes in the drive's own cache.
            result = OperatingSystem.IsMacOS() ? Control(file, MacFullSync)
                : OperatingSystem.IsLinux() ? SyncContent(file)
                : SyncFile(file);
        }
        while (result < 0 && Marshal.GetLastPInvokeError() == Interrupted);

        if (result < 0)
        {
            throw Fault("Synchronising a file");
        }
    }

    public override void Dispose() => file.Dispose();

    /// <summary>The fault that the operating system told last on this thread.</summary>
    public static IOException Fault(string what)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"{what} failed: {Marshal.GetPInvokeErrorMessage(error)}.", error);
    }

    /// <summary>How many bytes were written and have reached the disk; 0 if there is no such call here, or it was interrupted.</summary>
    private int TryWriteSynced(ReadOnlySpan<byte> bytes, long offset)
    {
        nint written;
        try
        {
            fixed (byte* start = bytes)
            {
                var part = new Part { Start = start, Bytes = (nuint)bytes.Length };
                written = WriteParts(file, &part, 1, offset, SyncContentFlag);
            }
        }
        catch (EntryPointNotFoundException)
        {
            hasSyncedWrites = false;
            return 0;
        }

        if (written > 0)
        {
            return (int)written;
        }

        switch (Marshal.GetLastPInvokeError())
        {
            case Interrupted:
                return 0;
            case NotImplemented or NotSupported:
                hasSyncedWrites = false;
                return 0;
            default:
                throw Fault("Writing to a file");
        }
    }

    [LibraryImport("libc", EntryPoint = "pwritev2", SetLastError = true)]
    private static partial nint WriteParts(SafeFileHandle file, Part* parts, int count, long offset, int flags);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int SyncContent(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int SyncFile(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeFileHandle file, int command);

    /// <summary>An iovec.</summary>
    private struct Part
    {
        public byte* Start;
        public nuint Bytes;
    }
}
