namespace Holdfast.Embedded;

/// <summary>
/// The store on disk: opens and recovers it, runs its log, and replaces the log by a snapshot when it has grown. The
/// partitions meet it only in <see cref="Log"/> and in the copies that snapshots are made of.
/// </summary>
internal sealed class EmbeddedStore : IDisposable
{
    /// <summary>A log below this many bytes is not replaced by a snapshot while the engine runs. 64 MiB.</summary>
    public const long DefaultMinLogBytes = 64L << 20;

    private readonly IDisposable folderLock;
    private readonly long freshLogBytes;

    private EmbeddedStore(IDisposable folderLock, LogWriter writer, Checkpoints checkpoints)
    {
        (this.folderLock, Log, Checkpoints) = (folderLock, writer, checkpoints);
        freshLogBytes = writer.SegmentBytes;
    }

    /// <summary>Where partitions append.</summary>
    public LogWriter Log { get; }

    /// <summary>What replaces the log by snapshots.</summary>
    public Checkpoints Checkpoints { get; }

    /// <summary>Recovers the folder into the partitions and opens a term of each. The log has no thread yet (<see cref="LogWriter.Start"/>).</summary>
    public static EmbeddedStore Open(
        string folder, StateEngineOptions options, EmbeddedSettings settings, StoreClock clock, PartitionState[] partitions)
    {
        var disk = settings.Disk;
        var log = Guarded(options.Log);
        disk.CreateFolder(folder);
        var folderLock = disk.Lock(folder);
        LogFiles? files = null;
        LogWriter? writer = null;
        try
        {
            var manifest = StoreFolder.Open(disk, folder, options);
            var snapshotBytes = manifest.Snapshot == 0 ? 0
                : SnapshotReader.Read(disk, Path.Combine(folder, Manifest.SnapshotName(manifest.Snapshot)), manifest.Salt, partitions);
            var synced = manifest is { LastLog: > 0, Version: > 1 } ? SyncedFile.Read(disk, folder, manifest.Salt) : 0;
            var recovery = new LogRecovery(disk, folder, manifest, synced, partitions, log);
            var end = recovery.Run();
            // The manifest may have been put in force and its name not have reached the disk: then nothing is there yet that could go.
            disk.SyncFolder(folder);
            StoreFolder.RemoveLeftOvers(disk, folder, manifest);
            (files, manifest) = OpenLog(disk, folder, manifest, end, recovery, clock);

            writer = new LogWriter(files, log);
            OpenTerms(writer, partitions, clock.WallMilliseconds);
            return new EmbeddedStore(
                folderLock, writer, new Checkpoints(disk, folder, manifest, writer, snapshotBytes, clock, settings.MinLogBytes, log));
        }
        catch
        {
            writer?.Dispose();
            files?.Dispose();
            folderLock.Dispose();
            throw;
        }
    }

    /// <summary>Makes a last snapshot if the log is worth it, and ends the log.</summary>
    public void Close(EmbeddedPartition[] partitions)
    {
        if (Log.SegmentBytes > freshLogBytes && Checkpoints.IsWorthwhile)
        {
            Checkpoints.Run(partitions);
        }

        Dispose();
    }

    public void Dispose()
    {
        Checkpoints.End();
        Log.Dispose();
        folderLock.Dispose();
    }

    /// <summary>The application's log, whose failing, which it should not, ends no commit otherwise, no snapshot and no thread.</summary>
    private static Action<EngineEvent> Guarded(Action<EngineEvent> log) => item =>
    {
        try
        {
            log(item);
        }
        catch (Exception)
        {
            // There is nobody else to tell.
        }
    };

    /// <summary>The last segment, cut to its last whole frame; in a new store the first one. A store of format 1 gets what it lacks.</summary>
    private static (LogFiles Files, Manifest Manifest) OpenLog(
        StoreDisk disk, string folder, Manifest manifest, long end, LogRecovery recovery, StoreClock clock)
    {
        var isNew = manifest.LastLog == 0;
        var isCurrent = !isNew && manifest.Version == Manifest.CurrentVersion;
        if (!isCurrent)
        {
            SyncedFile.Create(disk, folder, manifest.Salt, 0);
        }

        var segment = isNew
            ? LogSegment.Create(disk, folder, 1, manifest.Salt, 1)
            : LogSegment.Continue(disk, folder, manifest.LastLog, end, recovery.SyncedEnd);
        try
        {
            if (!isCurrent)
            {
                manifest = manifest with
                {
                    Version = Manifest.CurrentVersion,
                    FirstLog = Math.Max(1, manifest.FirstLog),
                    LastLog = Math.Max(1, manifest.LastLog),
                };
                manifest.Save(disk, folder);
            }

            return (new LogFiles(disk, folder, manifest.Salt, segment, recovery.LastSequence, clock), manifest);
        }
        catch
        {
            segment.Dispose();
            throw;
        }
    }

    private static void OpenTerms(LogWriter writer, PartitionState[] partitions, long wall)
    {
        var payload = new PayloadWriter();
        payload.Begin(FrameKind.Open);
        payload.Number(wall);
        var synced = writer.Append(payload.Written, SyncedEntry.Instance, out var sequence);
        foreach (var state in partitions)
        {
            state.OpenTerm(wall);
            state.VisibleSequence = sequence;
        }

        writer.WaitFor(synced);
        synced.GetAwaiter().GetResult();
    }
}
