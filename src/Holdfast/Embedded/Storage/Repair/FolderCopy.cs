namespace Holdfast.Embedded;

/// <summary>Copies a store's files, durably, so that the copy is a store.</summary>
internal static class FolderCopy
{
    // A snapshot that comes into force meanwhile removes files; it does not do so a hundred times while a few are copied.
    private const int Attempts = 100;
    private const int PieceBytes = 1 << 20;

    /// <summary>
    /// Copies a store that may be running. What was synchronised is read first, then the manifest, then the files that it names: they hold at least
    /// what had been synchronised by then. If a snapshot replaces one of them meanwhile, the copy starts over.
    /// </summary>
    public static void CopyRunning(StoreDisk disk, string folder, string target)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                CopyOnce(disk, folder, target);
                return;
            }
            catch (IOException fault) when (fault is FileNotFoundException && attempt < Attempts)
            {
                RemoveAll(disk, target);
            }
        }
    }

    /// <summary>Copies every file of a store that nobody has open.</summary>
    public static void CopyAll(StoreDisk disk, string folder, string target)
    {
        disk.CreateFolder(target);
        foreach (var name in disk.NamesIn(folder))
        {
            if (name is not (FolderLock.FileName or FolderLock.HolderName))
            {
                CopyFile(disk, folder, target, name);
            }
        }

        disk.SyncFolder(target);
    }

    private static void CopyOnce(StoreDisk disk, string folder, string target)
    {
        var synced = Path.Combine(folder, SyncedFile.FileName);
        var syncedBytes = disk.Exists(synced) ? disk.ReadAll(synced) : null;
        var manifestBytes = disk.ReadAll(Path.Combine(folder, Manifest.FileName));
        if (syncedBytes is not null)
        {
            Write(disk, Path.Combine(target, SyncedFile.FileName), syncedBytes);
        }

        // Under its own name it makes a store of the folder: that comes last.
        var replacement = Path.Combine(target, Manifest.ReplacementName);
        Write(disk, replacement, manifestBytes);
        var manifest = Manifest.Read(Path.Combine(folder, Manifest.FileName), manifestBytes);
        if (manifest.Snapshot > 0)
        {
            CopyFile(disk, folder, target, Manifest.SnapshotName(manifest.Snapshot));
        }

        for (var number = Math.Max(1, manifest.FirstLog); number <= manifest.LastLog; number++)
        {
            CopyFile(disk, folder, target, Manifest.LogName(number));
        }

        disk.SyncFolder(target);
        disk.Rename(replacement, Path.Combine(target, Manifest.FileName));
        disk.SyncFolder(target);
    }

    private static void CopyFile(StoreDisk disk, string folder, string target, string name)
    {
        using var source = disk.OpenToRead(Path.Combine(folder, name));
        using var copy = disk.Create(Path.Combine(target, name));
        var piece = new byte[PieceBytes];
        for (long at = 0; source.Read(piece, at) is > 0 and var read; at += read)
        {
            copy.Write(piece.AsSpan(0, read), at);
        }

        copy.Sync();
    }

    private static void Write(StoreDisk disk, string path, byte[] bytes)
    {
        using var file = disk.Create(path);
        file.Write(bytes, 0);
        file.Sync();
    }

    private static void RemoveAll(StoreDisk disk, string target)
    {
        foreach (var name in disk.NamesIn(target))
        {
            disk.Delete(Path.Combine(target, name));
        }
    }
}
