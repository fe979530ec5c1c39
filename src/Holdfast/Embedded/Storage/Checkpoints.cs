namespace Holdfast.Embedded;

/// <summary>
/// Replaces the log by a snapshot, while commits go on. (1) The log goes on in a new segment, which the manifest
/// names beside the old one. (2) Each partition is copied, some records at a time under its lock, and written. (3) Everything that the
/// copies show is synchronised in the log, so that the snapshot is never ahead of it. (4) The manifest names the
/// snapshot and the new segment alone. (5) The old files are removed. A crash leaves what the manifest names.
/// </summary>
/// <remarks>
/// An attempt that follows a failed one copies beside the segment that this one began: what the segment holds from before a partition is copied is in the
/// copy, and replay passes over it. A segment that has the frame that ends an attempt takes no second one, as replay goes by the first.
/// </remarks>
internal sealed class Checkpoints(
    StoreDisk disk, string folder, Manifest current, LogWriter writer, long currentBytes, StoreClock clock, long minLogBytes, Action<EngineEvent> log)
{
    private readonly Lock gate = new();
    private readonly RetryPause pause = new(clock);
    private Manifest manifest = current;
    private long snapshotBytes = currentBytes;

    // Both manifests lead to the same state, but the files of neither may be touched until a restart tells which it is.
    private volatile bool isManifestInDoubt;
    private bool hasEnded;

    // Whether the segment was begun by an attempt that failed, without the frame that ends one.
    private bool isSegmentBegun;

    /// <summary>
    /// Whether the log has grown enough to be replaced, and nothing speaks against trying. It still has after an attempt that failed, though that may have
    /// begun a new segment.
    /// </summary>
    public bool IsDue => (pause.FollowsFailure || HasGrown) && pause.IsOver && !isManifestInDoubt;

    /// <summary>Whether the log is worth a last snapshot when the store is closed.</summary>
    public bool IsWorthwhile => writer.SegmentBytes >= Interlocked.Read(ref snapshotBytes) / 4;

    /// <summary>Whether the segment has grown enough to be replaced.</summary>
    private bool HasGrown => writer.SegmentBytes is var bytes && bytes >= minLogBytes && bytes >= Interlocked.Read(ref snapshotBytes);

    /// <summary>Makes a snapshot on this thread. A failure is logged, and <see cref="IsDue"/> waits then.</summary>
    public void Run(EmbeddedPartition[] partitions)
    {
        lock (gate)
        {
            foreach (var awaited in Steps(partitions))
            {
                writer.WaitFor(awaited);
            }
        }
    }

    /// <summary>The same step by step: each is to be followed by the next once its task has ended, however it did.</summary>
    public IEnumerable<Task> Steps(EmbeddedPartition[] partitions)
    {
        if (isManifestInDoubt || hasEnded)
        {
            yield break;
        }

        using var steps = StepsOfOne(partitions).GetEnumerator();
        while (TryMove(steps))
        {
            yield return steps.Current;
        }
    }

    /// <summary>Returns once no snapshot is under way; there will be none.</summary>
    public void End()
    {
        lock (gate)
        {
            hasEnded = true;
        }
    }

    private bool TryMove(IEnumerator<Task> steps)
    {
        try
        {
            if (steps.MoveNext())
            {
                return true;
            }

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
            RemoveUnfinished();
            log(new EngineEvent(EngineEventLevel.Warning, "CheckpointFailed", $"A snapshot of {folder} could not be made: the log stays.", fault));
        }

        return false;
    }

    /// <summary>Gives back the room that the snapshot took which did not come into force: the log may need it.</summary>
    private void RemoveUnfinished()
    {
        try
        {
            disk.Delete(Path.Combine(folder, Manifest.SnapshotName(manifest.Snapshot + 1)));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // It was not begun, or stays until there is one that comes into force.
        }
    }

    private IEnumerable<Task> StepsOfOne(EmbeddedPartition[] partitions)
    {
        if (!isSegmentBegun || HasGrown)
        {
            var next = manifest with { LastLog = manifest.LastLog + 1 };
            var rolled = writer.RollAsync(next);
            yield return rolled;
            rolled.GetAwaiter().GetResult();
            manifest = next;
            isSegmentBegun = true;
        }

        var rollBacks = writer.RollBacks;
        var number = manifest.Snapshot + 1;
        long bytes;
        using (var snapshot = new SnapshotWriter(disk, Path.Combine(folder, Manifest.SnapshotName(number)), manifest.Salt, clock))
        {
            var copies = new RecordCopies();
            foreach (var partition in partitions)
            {
                snapshot.Add(partition.Copy());
                copies.Begin();
                for (var more = true; more;)
                {
                    more = partition.CopyRecords(copies);
                    copies.WriteTo(snapshot);
                    yield return Task.CompletedTask;
                }
            }

            bytes = snapshot.Finish();
        }

        disk.SyncFolder(folder);
        isSegmentBegun = false;
        var synced = writer.Append([(byte)FrameKind.Snapshot], SyncedEntry.Instance, out _);
        yield return synced;
        synced.GetAwaiter().GetResult();
        if (writer.RollBacks != rollBacks)
        {
            throw new IOException("Commits were taken back while the snapshot was made.");
        }

        PutInForce(manifest with { Snapshot = number, FirstLog = manifest.LastLog }, bytes);
    }

    private void PutInForce(Manifest next, long bytes)
    {
        next.Prepare(disk, folder);
        isManifestInDoubt = true;
        Manifest.Replace(disk, folder);
        isManifestInDoubt = false;
        manifest = next;
        Interlocked.Exchange(ref snapshotBytes, bytes);
        StoreFolder.RemoveLeftOvers(disk, folder, manifest);
        log(new EngineEvent(EngineEventLevel.Information, "SnapshotMade", $"The log of {folder} was replaced by a snapshot of {bytes} bytes."));
    }
}
