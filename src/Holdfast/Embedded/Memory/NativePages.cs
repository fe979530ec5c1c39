using System.Runtime.InteropServices;

namespace Holdfast.Embedded;

/// <summary>Memory outside the managed heap, in whole pages, which the operating system gives and takes back.</summary>
internal static unsafe partial class NativePages
{
    /// <summary>What pages are rounded to; Linux and macOS have pages of 4 to 64 KiB.</summary>
    public const int Alignment = 64 << 10;

    private const int DontNeed = 4;
    private const int FreeOnMac = 5;

    /// <summary>Memory of undefined content; pages that nobody has touched take none of the machine's.</summary>
    /// <exception cref="OutOfMemoryException">The operating system has no more.</exception>
    public static nint Allocate(long bytes) => (nint)NativeMemory.AlignedAlloc((nuint)bytes, Alignment);

    /// <summary>
    /// Gives the pages back and keeps their addresses: they may be used again at once, with undefined content. On
    /// Windows they are kept for later use.
    /// </summary>
    public static void Discard(nint start, long bytes)
    {
        if (!OperatingSystem.IsWindows())
        {
            // It is advice: a system that does not take it keeps the pages.
            _ = Advise(start, (nuint)bytes, OperatingSystem.IsMacOS() ? FreeOnMac : DontNeed);
        }
    }

    public static void Free(nint start) => NativeMemory.AlignedFree((void*)start);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint start, nuint bytes, int advice);
}
