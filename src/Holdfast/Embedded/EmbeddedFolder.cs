using System.Globalization;
using Holdfast.Embedded;

namespace Holdfast;

/// <summary>Looks after the folder of an embedded store: checks it, repairs it, copies it. <c>holdfast node check</c>, <c>repair</c> and <c>backup</c> are its commands.</summary>
public static class EmbeddedFolder
{
    /// <summary>
    /// Reads the whole store as a start would, and goes on where that would refuse. Nothing is changed. The store must not be open.
    /// </summary>
    /// <param name="folder">The store's folder.</param>
    /// <exception cref="StateMismatchException">A process has the store open, or it is of a storage format that this version does not know.</exception>
    /// <exception cref="StateCorruptException">It is no store, or too little of it is left to tell.</exception>
    /// <exception cref="StateUnavailableException">The folder can't be read.</exception>
    public static FolderReport Check(string folder) => InFolder(folder, path =>
    {
        using var folderLock = LockStore(path);
        return new Salvage(StoreDisk.Machine, path, SalvagedFiles.Find(StoreDisk.Machine, path)).Run();
    });

    /// <summary>
    /// Makes a damaged store one that starts. First the folder is copied, to a new one beside it; then what can be read is written again and put in force at once. What is
    /// dropped is told, and a new term is opened in every partition, so that stamps tell clients what is lost. A sound store is left alone.
    /// </summary>
    /// <param name="folder">The store's folder.</param>
    /// <param name="options">The clock and the events; the number of partitions is the store's.</param>
    /// <param name="cancellationToken">Ends the wait for the new term.</param>
    /// <inheritdoc cref="Check" path="/exception"/>
    public static async ValueTask<FolderReport> RepairAsync(string folder, StateEngineOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var report = InFolder(folder, path => Repair(path, options.Clock));
        if (!report.IsSound)
        {
            var engine = await EmbeddedEngine.OpenAsync(folder, options with { PartitionCount = report.Partitions }, cancellationToken).ConfigureAwait(false);
            await engine.DisposeAsync().ConfigureAwait(false);
        }

        return report;
    }

    /// <summary>
    /// Copies a store, which may be open and written to, into another folder, and checks the copy. It holds everything that was acknowledged before the
    /// call. Whoever opens it opens a new term, so that stamps tell what was acknowledged after.
    /// </summary>
    /// <param name="folder">The store's folder.</param>
    /// <param name="target">The copy's folder, which must be empty or absent.</param>
    /// <exception cref="StateMismatchException">The target is not empty, or the store is of a storage format that this version does not know.</exception>
    /// <exception cref="StateCorruptException">There is no store in the folder, or its manifest is damaged.</exception>
    /// <exception cref="StateUnavailableException">A folder can't be read or written.</exception>
    public static FolderReport BackUp(string folder, string target) => InFolder(folder, path =>
    {
        ArgumentException.ThrowIfNullOrEmpty(target);
        var targetPath = Path.GetFullPath(target);
        if (!StoreDisk.Machine.Exists(Path.Combine(path, Manifest.FileName)))
        {
            throw new StateCorruptException($"{path} holds no file {Manifest.FileName} (looked for at offset 0): it is no store, or one to repair.");
        }

        StoreDisk.Machine.CreateFolder(targetPath);
        if (StoreDisk.Machine.NamesIn(targetPath).Count > 0)
        {
            throw new StateMismatchException($"{targetPath} is not empty: name an empty folder for the copy, or one that does not exist.");
        }

        FolderCopy.CopyRunning(StoreDisk.Machine, path, targetPath);
        return new Salvage(StoreDisk.Machine, targetPath, SalvagedFiles.Find(StoreDisk.Machine, targetPath)).Run();
    });

    private static FolderReport Repair(string folder, TimeProvider clock)
    {
        var disk = StoreDisk.Machine;
        using var folderLock = LockStore(folder);
        var found = new Salvage(disk, folder, SalvagedFiles.Find(disk, folder)).Run();
        if (found.IsSound)
        {
            return found;
        }

        var copy = string.Create(CultureInfo.InvariantCulture, $"{folder}.damaged-{clock.GetUtcNow():yyyyMMdd-HHmmss-fff}");
        FolderCopy.CopyAll(disk, folder, copy);
        RepairedStore.Write(disk, folder, SalvagedFiles.Find(disk, folder), clock.GetUtcNow().ToUnixTimeMilliseconds());
        return found with { Copy = copy };
    }

    private static IDisposable LockStore(string folder)
    {
        if (!StoreDisk.Machine.NamesIn(folder).Any(static name =>
            name == Manifest.FileName || StoreFolder.NumberOf(name, "log-") is not null || StoreFolder.NumberOf(name, "snapshot-") is not null))
        {
            throw new StateCorruptException($"{folder} is no store: it holds no {Manifest.FileName} (looked for at offset 0), no snapshot and no log.");
        }

        return StoreDisk.Machine.Lock(folder);
    }

    private static FolderReport InFolder(string folder, Func<string, FolderReport> work)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        try
        {
            return work(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StateUnavailableException($"The store in {path} can't be read or written: {fault.Message}", fault);
        }
    }
}
