namespace Holdfast.Embedded;

/// <summary>
/// Has a file reach the disk on a thread of its own, so that who writes to it waits for nothing meanwhile: one synchronising at a time. The file is opened once more for it, as the
/// operating system tells a write that failed once to each opening, and who synchronises frames for those who wait must hear of every one.
/// </summary>
/// <param name="ended">Called on that thread when a synchronising has ended.</param>
internal sealed class BackgroundSync(Action ended) : IDisposable
{
    private readonly object gate = new();
    private Thread? thread;
    private StoreFile? file;
    private bool isStopping;
    private volatile bool isUnderWay;
    private volatile Exception? fault;

    /// <summary>Whether a synchronising has begun and its end was not taken note of.</summary>
    public bool IsUnderWay => isUnderWay;

    /// <summary>The failure, after which there is no other synchronising.</summary>
    public Exception? Fault => fault;

    /// <summary>Begins, none being under way; the file is disposed when it has ended.</summary>
    public void Begin(StoreFile opened)
    {
        lock (gate)
        {
            if (thread is null)
            {
                // Kept once it runs: the system may have no more threads to give.
                var started = new Thread(Run) { IsBackground = true, Name = "holdfast-sync" };
                started.Start();
                thread = started;
            }

            (isUnderWay, file) = (true, opened);
            Monitor.Pulse(gate);
        }
    }

    /// <summary>Takes note of the end; false while there is none.</summary>
    public bool TryEnd()
    {
        lock (gate)
        {
            var hasEnded = isUnderWay && file is null;
            isUnderWay &= !hasEnded;
            return hasEnded;
        }
    }

    /// <summary>Returns once what was begun has ended; there is none after.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            isStopping = true;
            Monitor.Pulse(gate);
        }

        thread?.Join();
    }

    private void Run()
    {
        while (Next() is { } next)
        {
            try
            {
                using (next)
                {
                    next.Sync();
                }
            }
            catch (Exception failure)
            {
                fault = failure;
            }

            lock (gate)
            {
                file = null;
            }

            ended();
        }
    }

    private StoreFile? Next()
    {
        lock (gate)
        {
            while (file is null && !isStopping)
            {
                Monitor.Wait(gate);
            }

            return file;
        }
    }
}
