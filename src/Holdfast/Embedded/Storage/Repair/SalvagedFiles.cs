namespace Holdfast.Embedded;

/// <summary>What a damaged store consists of: by its manifest, or by its other files if that is lost.</summary>
internal sealed class SalvagedFiles
{
    public required int Partitions { get; init; }

    public required ulong Salt { get; init; }

    /// <summary>The snapshot's number. If there is one it may be missing all the same.</summary>
    public required int Snapshot { get; init; }

    public bool HasSnapshot => Snapshot > 0;

    /// <summary>The numbers of the segments, in order.</summary>
    public required IReadOnlyList<int> Logs { get; init; }

    /// <summary>The last frame that is known to have been synchronised.</summary>
    public long Synced { get; private set; }

    /// <summary>Whether nothing tells that, though something should.</summary>
    public bool IsSyncedLost { get; private set; }

    /// <summary>Whether all this was concluded from the other files.</summary>
    public bool IsManifestLost { get; init; }

    /// <summary>What was found to be wrong so far.</summary>
    public List<FolderDamage> Damages { get; } = [];

    /// <exception cref="StateCorruptException">Too little is left to tell what it was.</exception>
    /// <exception cref="StateMismatchException">It is of a storage format that this version does not know.</exception>
    public static SalvagedFiles Find(StoreDisk disk, string folder)
    {
        var damages = new List<FolderDamage>();
        var files = ByManifest(disk, folder, damages) ?? WithoutManifest(disk, folder);
        files.Damages.AddRange(damages);
        return files;
    }

    /// <summary>The highest number that a file of this name has.</summary>
    public static int Highest(StoreDisk disk, string folder, string prefix) =>
        disk.NamesIn(folder).Select(name => StoreFolder.NumberOf(name, prefix) ?? 0).Append(0).Max();

    private static SalvagedFiles? ByManifest(StoreDisk disk, string folder, List<FolderDamage> damages)
    {
        Manifest? manifest;
        try
        {
            manifest = Manifest.Load(disk, folder);
        }
        catch (Exception fault) when (fault is StateCorruptException
            || (fault is StateMismatchException && !Manifest.IsWhole(disk.ReadAll(Path.Combine(folder, Manifest.FileName)))))
        {
            damages.Add(new FolderDamage(Manifest.FileName, 0, "its checksum does not fit, or it can't be understood"));
            return null;
        }

        if (manifest is null)
        {
            damages.Add(new FolderDamage(Manifest.FileName, 0, "the file is missing"));
            return null;
        }

        var files = new SalvagedFiles
        {
            Partitions = manifest.Partitions,
            Salt = manifest.Salt,
            Snapshot = manifest.Snapshot,
            Logs = manifest.LastLog == 0 ? [] : [.. Enumerable.Range(Math.Max(1, manifest.FirstLog), manifest.LastLog - Math.Max(1, manifest.FirstLog) + 1)],
        };
        if (manifest is { LastLog: > 0, Version: > 1 })
        {
            files.ReadSynced(disk, folder);
        }

        return files;
    }

    private static SalvagedFiles WithoutManifest(StoreDisk disk, string folder)
    {
        var names = disk.NamesIn(folder);
        int[] logs = [.. names.Select(static name => StoreFolder.NumberOf(name, "log-")).OfType<int>().Order()];
        int[] snapshots = [.. names.Select(static name => StoreFolder.NumberOf(name, "snapshot-")).OfType<int>().OrderDescending()];
        var salt = FindSalt(disk, folder, logs, snapshots) ?? throw new StateCorruptException(
            $"{Path.Combine(folder, Manifest.FileName)} is lost (looked for at offset 0), and no snapshot and no log is left whose beginning checks out: "
            + "there is nothing to repair the store from. Restore the folder from a backup.");
        var counts = new PartitionCount(disk, folder, salt);

        // The newest snapshot that is whole; it may never have come into force, and then tells the same as the older one and its log.
        var snapshot = Array.Find(snapshots, counts.IsWhole);
        snapshot = snapshot == 0 && snapshots.Length > 0 ? snapshots[0] : snapshot;
        var begun = logs.Length == 0 || counts.FirstSequence(logs[0]) != 1;
        var files = new SalvagedFiles
        {
            IsManifestLost = true,
            Partitions = counts.Find(snapshot, logs),
            Salt = salt,
            Snapshot = snapshot == 0 && begun ? 1 : snapshot,
            Logs = logs,
        };
        files.ReadSynced(disk, folder);
        return files;
    }

    private static ulong? FindSalt(StoreDisk disk, string folder, int[] logs, int[] snapshots)
    {
        foreach (var path in logs.Select(static number => Manifest.LogName(number)).Concat(snapshots.Select(static number => Manifest.SnapshotName(number))))
        {
            var whole = Path.Combine(folder, path);
            var title = path.StartsWith("log", StringComparison.Ordinal) ? LogHeader.LogTitle : LogHeader.SnapshotTitle;
            if (SaltFinder.Find(disk, whole, title) is { } salt)
            {
                // A beginning that is damaged leads to a salt too, under which nothing else checks out.
                using var reader = new FrameReader(disk, whole, title, salt, mayBeDamaged: true);
                if (reader.TryFind(0))
                {
                    return salt;
                }
            }
        }

        return null;
    }

    private void ReadSynced(StoreDisk disk, string folder)
    {
        try
        {
            Synced = SyncedFile.Read(disk, folder, Salt);
        }
        catch (StateCorruptException)
        {
            IsSyncedLost = true;
            Damages.Add(new FolderDamage(
                SyncedFile.FileName, 0, "it is missing or neither of its slots checks out, so nothing tells whether the end of the log is there"));
        }
    }
}
