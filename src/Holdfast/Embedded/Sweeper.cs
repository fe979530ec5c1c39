namespace Holdfast.Embedded;

/// <summary>
/// Does what time brings: reaps expired records, has others evicted when memory runs out, forgets request ids, clients and events whose time is over, and has
/// the log replaced when it has grown. Records that have expired are absent for everyone already; reaping frees
/// their memory and wakes who watches them.
/// </summary>
internal sealed class Sweeper : IAsyncDisposable
{
    // Watches promise to hear of an expiry within 2 s.
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    // One sweep in so many also forgets: every ten seconds.
    private const int ForgetEvery = 40;

    private readonly EmbeddedPartition[] partitions;
    private readonly EmbeddedStore store;
    private readonly StoreMemory memory;
    private readonly Evictor evictor;
    private readonly StoreClock clock;
    private readonly bool isStepped;
    private readonly ITimer timer;
    private int sweeping;
    private int checkpointing;
    private int hurried;
    private int evicting;
    private int sweeps;

    public Sweeper(EmbeddedPartition[] partitions, EmbeddedStore store, StoreMemory memory, Evictor evictor, TimeProvider time, bool isStepped)
    {
        (this.partitions, this.store, this.memory, this.evictor, this.isStepped) = (partitions, store, memory, evictor, isStepped);
        clock = new StoreClock(time);
        timer = time.CreateTimer(static sweeper => ((Sweeper)sweeper!).Sweep(), this, Period, Period);
    }

    /// <summary>Has the next sweep begin at once.</summary>
    public void Hurry()
    {
        if (Interlocked.Exchange(ref hurried, 1) == 0)
        {
            timer.Change(TimeSpan.Zero, Period);
        }
    }

    public ValueTask DisposeAsync() => timer.DisposeAsync();

    private void Sweep()
    {
        if (Interlocked.Exchange(ref sweeping, 1) == 1)
        {
            return;
        }

        try
        {
            Volatile.Write(ref hurried, 0);
            if (!evictor.IsDue)
            {
                // Whoever found the memory full a moment ago would wait for an eviction that there is no reason for any more.
                memory.TellRoom();
            }
            else if (!isStepped && Interlocked.Exchange(ref evicting, 1) == 0)
            {
                new Thread(Evict) { IsBackground = true, Name = "holdfast-evict" }.Start();
            }

            Reap();
            if (++sweeps % ForgetEvery == 0)
            {
                Forget();
            }

            if (!isStepped && store.Checkpoints.IsDue && Interlocked.Exchange(ref checkpointing, 1) == 0)
            {
                new Thread(Checkpoint) { IsBackground = true, Name = "holdfast-snapshot" }.Start();
            }
        }
        finally
        {
            Volatile.Write(ref sweeping, 0);
        }
    }

    private void Reap()
    {
        foreach (var partition in partitions)
        {
            while (partition.Reap((long)Period.TotalMilliseconds))
            {
            }
        }
    }

    private void Forget()
    {
        var now = clock.Timestamp;
        var clients = clock.After(now, -(long)Clients.Window.TotalMilliseconds);
        var events = clock.After(now, -(long)StateLimits.JournalMaxAge.TotalMilliseconds);
        foreach (var partition in partitions)
        {
            while (partition.ForgetRequests(now))
            {
            }

            partition.Forget(clients, events);
        }
    }

    private void Checkpoint()
    {
        store.Checkpoints.Run(partitions);
        Volatile.Write(ref checkpointing, 0);
    }

    private void Evict()
    {
        evictor.Run();
        Volatile.Write(ref evicting, 0);
    }
}
