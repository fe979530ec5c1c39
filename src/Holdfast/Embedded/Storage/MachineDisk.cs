using System.Runtime.InteropServices;

namespace Holdfast.Embedded;

/// <summary>The disk of the machine, by the operating system's calls.</summary>
internal sealed partial class MachineDisk : StoreDisk
{
    public override void CreateFolder(string folder)
    {
        folder = Path.GetFullPath(folder);
        if (Directory.Exists(folder))
        {
            return;
        }

        if (Path.GetDirectoryName(folder) is not { } parent)
        {
            // A drive that is not there: this says so.
            Directory.CreateDirectory(folder);
            return;
        }

        // What is made in a folder whose own name has not reached the disk is lost with it.
        CreateFolder(parent);
        Directory.CreateDirectory(folder);
        SyncFolder(parent);
    }

    public override IDisposable Lock(string folder) => FolderLock.Take(folder);

    public override IReadOnlyList<string> NamesIn(string folder) =>
        [.. Directory.EnumerateFileSystemEntries(folder).Select(static path => Path.GetFileName(path))];

    public override bool Exists(string path) => File.Exists(path);

    public override StoreFile Create(string path) =>
        new MachineFile(File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.Read));

    public override StoreFile Open(string path) =>
        new MachineFile(File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read));

    public override StoreFile OpenToRead(string path) =>
        new MachineFile(File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));

    public override void Rename(string path, string newPath) => File.Move(path, newPath, overwrite: true);

    public override void Delete(string path) => File.Delete(path);

    /// <summary>Windows has no such call, and journals names by itself.</summary>
    public override void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = Open(folder, 0);
        if (descriptor < 0)
        {
            throw MachineFile.Fault($"Opening the folder {folder}");
        }

        var fault = SyncFolder(descriptor) < 0 ? MachineFile.Fault($"Synchronising the folder {folder}") : null;
        _ = Close(descriptor);
        if (fault is not null)
        {
            throw fault;
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int SyncFolder(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
