namespace Holdfast.Embedded;

/// <summary>
/// The store on disk: opens and recovers it, runs its log, and replaces the log by a snapshot when it has grown. The
/// partitions meet it only in <see cref="Log"/> and in the copies that snapshots are made of.
/// </summary>
internal sealed class EmbeddedStore : IDisposable
{
    /// <summary>A log below this many bytes is not replaced by a snapshot while the engine runs. 64 MiB.</summary>
    public const long DefaultMinLogBytes = 64L << 20;

    private readonly string folder;
    private readonly FolderLock folderLock;
    private readonly StoreClock clock;
    private readonly Action<EngineEvent> log;
    private readonly long minLogBytes;
    private readonly long freshLogBytes;
    private readonly Lock checkpointing = new();
    private readonly RetryPause pause;
    private Manifest manifest;
    private long snapshotBytes;

    // Both manifests lead to the same state, but the files of neither may be touched until a restart tells which it is.
    private volatile bool isManifestInDoubt;

    private EmbeddedStore(
        string folder, FolderLock folderLock, Manifest manifest, LogWriter writer, long snapshotBytes, long freshLogBytes,
        StoreClock clock, EmbeddedSettings settings, Action<EngineEvent> log)
    {
        (this.folder, this.folderLock, this.manifest, Log) = (folder, folderLock, manifest, writer);
        (this.snapshotBytes, this.freshLogBytes, this.clock, minLogBytes, this.log) =
            (snapshotBytes, freshLogBytes, clock, settings.MinLogBytes, log);
        pause = new RetryPause(clock);
    }

    /// <summary>Where partitions append.</summary>
    public LogWriter Log { get; }

    /// <summary>Whether the log has grown enough to be replaced, and nothing speaks against trying.</summary>
    public bool IsCheckpointDue => Log.SegmentBytes is var bytes && bytes >= minLogBytes && bytes >= Interlocked.Read(ref snapshotBytes)
        && pause.IsOver && !isManifestInDoubt;

    /// <summary>Recovers the folder into the partitions and opens a term of each.</summary>
    public static EmbeddedStore Open(
        string folder, StateEngineOptions options, EmbeddedSettings settings, StoreClock clock, PartitionState[] partitions)
    {
        Directory.CreateDirectory(folder);
        var folderLock = FolderLock.Take(folder);
        LogSegment? segment = null;
        LogWriter? writer = null;
        try
        {
            var manifest = StoreFolder.Open(folder, options);
            var snapshotBytes = manifest.Snapshot == 0 ? 0
                : SnapshotReader.Read(Path.Combine(folder, Manifest.SnapshotName(manifest.Snapshot)), manifest.Salt, partitions);
            var synced = manifest is { LastLog: > 0, Version: > 1 } ? SyncedFile.Read(folder, manifest.Salt) : 0;
            var recovery = new LogRecovery(folder, manifest, synced, partitions, options.Log);
            var end = recovery.Run();
            StoreFolder.RemoveLeftOvers(folder, manifest);
            (segment, manifest) = OpenLog(folder, manifest, end);

            var fresh = segment.Length;
            writer = new LogWriter(folder, manifest.Salt, segment, recovery.LastSequence, clock, options.Log);
            OpenTerms(writer, partitions, clock.WallMilliseconds);
            return new EmbeddedStore(folder, folderLock, manifest, writer, snapshotBytes, fresh, clock, settings, options.Log);
        }
        catch
        {
            writer?.Dispose();
            segment?.Dispose();
            folderLock.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Replaces the log by a snapshot, while commits go on. (1) The log goes on in a new segment, which the manifest
    /// names beside the old one. (2) Each partition is copied under its lock and written. (3) Everything that the
    /// copies show is synchronised in the log, so that the snapshot is never ahead of it. (4) The manifest names the
    /// snapshot and the new segment alone. (5) The old files are removed. A crash leaves what the manifest names.
    /// </summary>
    public void Checkpoint(EmbeddedPartition[] partitions)
    {
        lock (checkpointing)
        {
            if (isManifestInDoubt)
            {
                return;
            }

            try
            {
                CheckpointOnce(partitions);
                pause.End();
            }
            catch (Exception fault) when (isManifestInDoubt)
            {
                log(new EngineEvent(
                    EngineEventLevel.Error,
                    "ManifestInDoubt",
                    $"A snapshot of {folder} may or may not have come into force, and either loses nothing. The log stays and grows: "
                    + "check the disk, then start the process again.",
                    fault));
            }
            catch (Exception fault)
            {
                // Whatever it was, the log still holds everything.
                pause.Lengthen();
                log(new EngineEvent(EngineEventLevel.Warning, "CheckpointFailed", $"A snapshot of {folder} could not be made: the log stays.", fault));
            }
        }
    }

    /// <summary>Makes a last snapshot if the log is worth it, and ends the log.</summary>
    public void Close(EmbeddedPartition[] partitions)
    {
        var grown = Log.SegmentBytes - freshLogBytes;
        if (grown > 0 && Log.SegmentBytes >= Interlocked.Read(ref snapshotBytes) / 4)
        {
            Checkpoint(partitions);
        }

        Dispose();
    }

    public void Dispose()
    {
        lock (checkpointing)
        {
            Log.Dispose();
            folderLock.Dispose();
        }
    }

    /// <summary>The last segment, cut to its last whole frame; in a new store the first one. A store of format 1 gets what it lacks.</summary>
    private static (LogSegment Segment, Manifest Manifest) OpenLog(string folder, Manifest manifest, long end)
    {
        var isNew = manifest.LastLog == 0;
        if (!isNew && manifest.Version == Manifest.CurrentVersion)
        {
            return (LogSegment.Continue(folder, manifest.LastLog, end), manifest);
        }

        SyncedFile.Create(folder, manifest.Salt, 0);
        var segment = isNew ? LogSegment.Create(folder, 1, manifest.Salt, 1) : LogSegment.Continue(folder, manifest.LastLog, end);
        try
        {
            var current = manifest with { Version = Manifest.CurrentVersion, FirstLog = Math.Max(1, manifest.FirstLog), LastLog = Math.Max(1, manifest.LastLog) };
            current.Save(folder);
            return (segment, current);
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

        synced.GetAwaiter().GetResult();
    }

    private void CheckpointOnce(EmbeddedPartition[] partitions)
    {
        var next = manifest with { LastLog = manifest.LastLog + 1 };
        Log.RollAsync(next).GetAwaiter().GetResult();
        manifest = next;

        var rollBacks = Log.RollBacks;
        var number = manifest.Snapshot + 1;
        var path = Path.Combine(folder, Manifest.SnapshotName(number));
        var bytes = WriteSnapshot(path, partitions);
        StoreDisk.SyncFolder(folder);
        Log.Append([(byte)FrameKind.Snapshot], SyncedEntry.Instance, out _).GetAwaiter().GetResult();
        if (Log.RollBacks != rollBacks)
        {
            throw new IOException("Commits were taken back while the snapshot was made.");
        }

        next = manifest with { Snapshot = number, FirstLog = manifest.LastLog };
        next.Prepare(folder);
        isManifestInDoubt = true;
        Manifest.Replace(folder);
        isManifestInDoubt = false;
        manifest = next;
        Interlocked.Exchange(ref snapshotBytes, bytes);
        StoreFolder.RemoveLeftOvers(folder, manifest);
        log(new EngineEvent(EngineEventLevel.Information, "SnapshotMade", $"The log of {folder} was replaced by a snapshot of {bytes} bytes."));
    }

    private long WriteSnapshot(string path, EmbeddedPartition[] partitions)
    {
        using var snapshot = new SnapshotWriter(path, manifest.Salt, clock);
        foreach (var partition in partitions)
        {
            snapshot.Add(partition.Copy());
        }

        return snapshot.Finish();
    }
}
