namespace Holdfast.Embedded;

/// <summary>Writes what can be trusted of a damaged store in its place. Until the manifest is put in force, the damaged one stays as it is.</summary>
internal static class RepairedStore
{
    public static void Write(StoreDisk disk, string folder, SalvagedFiles files, long newTerm)
    {
        var snapshot = files.HasSnapshot ? Math.Max(files.Snapshot, SalvagedFiles.Highest(disk, folder, "snapshot-")) + 1 : 0;
        var log = SalvagedFiles.Highest(disk, folder, "log-") + 1;
        using var snapshotTarget = snapshot == 0 ? null
            : new FrameWriter(disk, Path.Combine(folder, Manifest.SnapshotName(snapshot)), LogHeader.SnapshotTitle, files.Salt, 1);
        var salvage = new Salvage(
            disk, folder, files, snapshotTarget,
            first => new FrameWriter(disk, Path.Combine(folder, Manifest.LogName(log)), LogHeader.LogTitle, files.Salt, first),
            newTerm);
        salvage.Run();
        SyncedFile.Create(disk, folder, files.Salt, salvage.LastSequence);
        var manifest = new Manifest { Partitions = files.Partitions, Salt = files.Salt, Snapshot = snapshot, FirstLog = log, LastLog = log };
        manifest.Save(disk, folder);
        StoreFolder.RemoveLeftOvers(disk, folder, manifest);
    }
}
