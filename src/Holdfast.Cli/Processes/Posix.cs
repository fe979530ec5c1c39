using System.Runtime.InteropServices;

namespace Holdfast.Cli.Processes;

/// <summary>What .NET has no call for.</summary>
internal static partial class Posix
{
    public const int SigInt = 2;
    public const int SigKill = 9;
    public const int SigTerm = 15;

    /// <summary>Sends the signal to a process, or to the group of a negative pid. One that is gone is no error.</summary>
    public static bool Signal(int pid, int signal) => Kill(pid, signal) == 0;

    /// <summary>
    /// Has each write go to the file's end, wherever that is by then (O_APPEND, open(2)). .NET's own appending goes on from where the end was when it was
    /// opened, over what others have written since. Linux only: what its numbers mean, and that a write to a position appends, too.
    /// </summary>
    public static bool TryAppend(SafeHandle file)
    {
        const int setFlags = 4;
        const int append = 0x400;
        return Control(file, setFlags, append) == 0;
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(SafeHandle file, int command, int flags);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
