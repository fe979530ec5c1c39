using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Holdfast.Tests.Embedded;

/// <summary>An ext4 file system in a file, which can lose power: what had not reached it by then is gone. Needs root.</summary>
internal sealed partial class LoopDisk : IDisposable
{
    /// <summary>EXT4_IOC_SHUTDOWN.</summary>
    private const nuint Shutdown = 0x8004587D;

    /// <summary>EXT4_GOING_FLAGS_NOLOGFLUSH: not even the file system's own journal is flushed.</summary>
    private const uint WithoutFlush = 2;

    /// <summary>O_CLOEXEC: a process that another test starts meanwhile must not keep the disk busy for as long as it lives.</summary>
    private const int CloseOnExec = 0x80000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string home = Directory.CreateTempSubdirectory("holdfast-disk-").FullName;
    private bool isMounted;

    /// <param name="megabytes">The disk's size.</param>
    public LoopDisk(int megabytes)
    {
        Directory.CreateDirectory(Folder);
        Run("truncate", "-s", $"{megabytes}M", Image);
        Run("mkfs.ext4", "-q", "-m", "0", Image);
        Mount();
    }

    /// <summary>Where it is mounted.</summary>
    public string Folder => Path.Combine(home, "mount");

    private string Image => Path.Combine(home, "image");

    /// <summary>Stops the disk in the middle of whatever it does. Every later access fails with EIO.</summary>
    public void CutPower()
    {
        var descriptor = Open(Folder, CloseOnExec);
        Assert.True(descriptor >= 0);
        var flag = WithoutFlush;
        var result = Control(descriptor, Shutdown, ref flag);
        Assert.Equal(0, Close(descriptor));
        Assert.Equal(0, result);
    }

    /// <summary>Mounts it again. Nothing may have a file of it open.</summary>
    public void Restart()
    {
        Unmount();
        Mount();
    }

    /// <summary>Takes all the room that is left, until the result is disposed.</summary>
    public IDisposable Fill()
    {
        var filler = new Filler(Path.Combine(Folder, "filler"));
        filler.Grow();
        return filler;
    }

    public void Dispose()
    {
        if (isMounted)
        {
            Unmount();
        }

        Directory.Delete(home, recursive: true);
    }

    private void Mount()
    {
        Run("mount", "-o", "loop", Image, Folder);
        isMounted = true;
    }

    // A process that another test has just begun to start has all open files of this one, until it is itself.
    private void Unmount()
    {
        var begun = Stopwatch.StartNew();
        while (Try("umount", Folder) is { } complaint)
        {
            Assert.True(complaint.Contains("busy", StringComparison.Ordinal) && begun.Elapsed < Patience, complaint);
        }

        isMounted = false;
    }

    private static void Run(string command, params string[] arguments)
    {
        var complaint = Try(command, arguments);
        Assert.True(complaint is null, complaint);
    }

    /// <summary>Runs the command; tells what it complains of if it fails.</summary>
    private static string? Try(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        var complaint = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : $"{command} {string.Join(' ', arguments)}: {complaint}";
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int Control(int descriptor, nuint request, ref uint argument);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    private sealed class Filler(string path) : IDisposable
    {
        public void Grow()
        {
            using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
            var block = new byte[4096];
            try
            {
                for (long at = 0; ; at += block.Length)
                {
                    RandomAccess.Write(file, block, at);
                }
            }
            catch (IOException)
            {
                // Full.
            }
        }

        public void Dispose() => File.Delete(path);
    }
}
