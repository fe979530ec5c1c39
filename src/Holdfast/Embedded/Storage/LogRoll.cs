namespace Holdfast.Embedded;

/// <summary>The wish that the log go on in a new segment: the last one of the manifest, which is then put in force.</summary>
internal sealed class LogRoll(Manifest manifest)
{
    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Done => done.Task;

    /// <summary>
    /// Creates the segment and prepares the manifest. Null after a failure, which is told: the old segment goes on, and
    /// what this one left behind is overwritten by the next attempt.
    /// </summary>
    public LogSegment? Begin(StoreDisk disk, string folder, ulong salt, long firstSequence)
    {
        LogSegment? segment = null;
        try
        {
            segment = LogSegment.Create(disk, folder, manifest.LastLog, salt, firstSequence);
            manifest.Prepare(disk, folder);
            return segment;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            segment?.Dispose();
            Fail(fault);
            return null;
        }
    }

    public void Complete() => done.TrySetResult();

    public void Fail(Exception fault) => done.TrySetException(fault);
}
