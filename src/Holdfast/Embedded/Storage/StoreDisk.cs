using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Embedded;

/// <summary>What .NET's file system classes lack.</summary>
internal static partial class StoreDisk
{
    /// <summary>EFBIG, on every Unix.</summary>
    public const int FileTooLarge = 27;

    private const int Interrupted = 4;
    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int MacFullSync = 51;

    /// <summary>
    /// Returns once the disk has the file's bytes, and throws if it does not take them:
    /// <see cref="RandomAccess.FlushToDisk"/> returns as if all were well when fsync fails on Unix (seen with an
    /// injected EIO on .NET 10.0.12).
    /// </summary>
    public static void Sync(SafeFileHandle file)
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

    /// <summary>Makes the names in a folder durable. Windows has no such call and journals names by itself.</summary>
    public static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = Open(folder, 0);
        if (descriptor < 0)
        {
            throw Fault($"Opening the folder {folder}");
        }

        var fault = SyncFolder(descriptor) < 0 ? Fault($"Synchronising the folder {folder}") : null;
        _ = Close(descriptor);
        if (fault is not null)
        {
            throw fault;
        }
    }

    /// <summary>Whether the disk, the user's share of it or the file is as full as it may be.</summary>
    public static bool IsFull(IOException fault) => fault.HResult is NoSpace or FileTooLarge or QuotaExceeded or WindowsDiskFull;

    private static IOException Fault(string what)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"{what} failed: {Marshal.GetPInvokeErrorMessage(error)}.", error);
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int SyncContent(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int SyncFile(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeFileHandle file, int command);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int SyncFolder(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
