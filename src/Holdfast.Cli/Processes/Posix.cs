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

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
