using System.Runtime.InteropServices;

namespace Holdfast.Embedded;

/// <summary>What .NET's file system classes lack.</summary>
internal static partial class StoreDisk
{
    /// <summary>EFBIG, on every Unix.</summary>
    public const int FileTooLarge = 27;

    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

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
            throw new IOException($"Opening the folder {folder} to synchronise it failed with errno {Marshal.GetLastPInvokeError()}.");
        }

        var result = Sync(descriptor);
        var error = Marshal.GetLastPInvokeError();
        _ = Close(descriptor);
        if (result < 0)
        {
            throw new IOException($"Synchronising the folder {folder} failed with errno {error}.");
        }
    }

    /// <summary>Whether the disk, the user's share of it or the file is as full as it may be.</summary>
    public static bool IsFull(IOException fault) => fault.HResult is NoSpace or FileTooLarge or QuotaExceeded or WindowsDiskFull;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
