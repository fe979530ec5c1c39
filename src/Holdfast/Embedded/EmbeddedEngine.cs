using System.Runtime.CompilerServices;
using Holdfast.Embedded;

namespace Holdfast;

/// <summary>
/// The engine in this process: records in memory, every commit in a log on disk before it is acknowledged, a snapshot
/// when the log has grown. Of one folder there is one engine at a time; <c>holdfast node</c> serves it to other processes.
/// </summary>
/// <remarks>
/// A commit is acknowledged, and seen by anyone, once it is written (<see cref="Durability.Memory"/> and
/// <see cref="Durability.Written"/>: it survives kill -9) or synchronised to the disk (<see cref="Durability.Synced"/>:
/// it survives loss of power). What is written is synchronised within about a second. A full disk refuses commits
/// (<see cref="StateFullException"/>) until there is room; any other failure to write ends writing until the process
/// starts again (<see cref="StateUnavailableException"/>), and reading goes on.
/// </remarks>
public sealed class EmbeddedEngine : StateEngine
{
    private const int RunIdBytes = 20;

    private readonly EmbeddedPartition[] partitions;
    private readonly EmbeddedStore store;
    private readonly StoreMemory memory;
    private readonly Evictor evictor;
    private readonly Sweeper sweeper;
    private readonly StoreMeter meter;
    private readonly SignalHub signals = new();
    private ChangeObserver? observer;
    private Func<bool>? isListening;
    private DurableWait? lastWait;
    private int disposed;

    private EmbeddedEngine(StateEngineOptions options, EmbeddedStore store, StoreMemory memory, PartitionState[] states, bool isStepped)
        : base(options)
    {
        (this.store, this.memory) = (store, memory);
        partitions = new EmbeddedPartition[states.Length];
        for (var i = 0; i < partitions.Length; i++)
        {
            partitions[i] = new EmbeddedPartition(states[i], store.Log, ObserverOf);
        }

        Span<byte> runId = stackalloc byte[RunIdBytes];
        options.Entropy.Fill(runId);
        RunId = Convert.ToHexStringLower(runId);
        evictor = new Evictor(partitions, memory, new StoreClock(options.Clock));
        sweeper = new Sweeper(partitions, store, memory, evictor, options.Clock, isStepped);
        memory.OnEvictionDue = sweeper.Hurry;
        meter = new StoreMeter(this);
    }

    /// <inheritdoc/>
    public override EngineCapabilities Capabilities { get; } = new()
    {
        Name = "embedded",
        Durability = Durability.Synced,
        IsShared = false,
        HasMonotonicExpiry = true,
        HasNearCache = false,
    };

    /// <summary>Names this opening of the store: 40 hexadecimal digits, another each time.</summary>
    internal string RunId { get; }

    /// <summary>Opens the store in a folder, and creates it if the folder is absent or empty.</summary>
    /// <param name="folder">The folder; the store keeps it for itself.</param>
    /// <param name="options">The options.</param>
    /// <param name="cancellationToken">Ends the waiting, not the opening.</param>
    /// <exception cref="ArgumentException">The options are not right; the message names every problem.</exception>
    /// <exception cref="StateMismatchException">The store has another format or partition count, or another process has it open.</exception>
    /// <exception cref="StateCorruptException">The store is damaged; the message names the file and the offset. Nothing was changed.</exception>
    /// <exception cref="StateUnavailableException">The folder can't be read, written or created.</exception>
    public static ValueTask<EmbeddedEngine> OpenAsync(
        string folder, StateEngineOptions options, CancellationToken cancellationToken = default) =>
        OpenAsync(folder, options, new EmbeddedSettings(), cancellationToken);

    /// <summary>Opens the store with other bounds than the usual ones.</summary>
    internal static async ValueTask<EmbeddedEngine> OpenAsync(
        string folder, StateEngineOptions options, EmbeddedSettings settings, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(options);
        cancellationToken.ThrowIfCancellationRequested();
        _ = new PartitionMap(options.PartitionCount);
        StoreMemory.Check(options);
        return await Task.Factory.StartNew(
            () => Open(Path.GetFullPath(folder), options, settings),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default).ConfigureAwait(false);
    }

    /// <summary>
    /// Reads a record into the caller's buffer, on the caller's thread, and takes no memory for it: for who reads far more than anything else, where
    /// <see cref="StateEngine.ReadAsync"/> makes a <see cref="Record"/> that can be kept. As <see cref="Freshness.Latest"/>, as all reads of this engine are.
    /// </summary>
    /// <returns>Whether there is such a record.</returns>
    public bool Read(Address address, RecordBuffer buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        return partitions[Partitions.PartitionOf(address)].Read(address, buffer);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 1)
        {
            return;
        }

        meter.Dispose();
        await sweeper.DisposeAsync().ConfigureAwait(false);
        await Task.Factory.StartNew(
            () => store.Close(partitions), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
        foreach (var partition in partitions)
        {
            partition.Close();
            foreach (var watch in partition.Watches())
            {
                await watch.DisposeAsync().ConfigureAwait(false);
            }
        }

        memory.Dispose();

        await signals.EndAllAsync().ConfigureAwait(false);
    }

    /// <summary>Lets memory and meter go without a word to the disk, as the end of the process does, for who simulates that.</summary>
    internal void Abandon()
    {
        Volatile.Write(ref disposed, 1);
        meter.Dispose();
        memory.Dispose();
    }

    /// <summary>Tells every change and every signal from now on; false if somebody is told already. See <see cref="ChangeObserver"/>.</summary>
    /// <param name="ofChanges">Hears of every change.</param>
    /// <param name="ofSignals">Hears of every signal.</param>
    /// <param name="listens">Whether changes need be told whose commit gives no origin, asked for each of them; null for always.</param>
    internal bool TryObserve(ChangeObserver ofChanges, Action<string, ReadOnlyMemory<byte>>? ofSignals = null, Func<bool>? listens = null)
    {
        if (Interlocked.CompareExchange(ref observer, ofChanges, null) is not null)
        {
            return false;
        }

        Volatile.Write(ref isListening, listens);
        signals.Observe(ofSignals);
        return true;
    }

    internal void EndObserving()
    {
        signals.Observe(null);
        Volatile.Write(ref observer, null);
        Volatile.Write(ref isListening, null);
    }

    /// <summary>
    /// Makes a commit for a client that may repeat it. The verdict tells the records after it, those that were kept
    /// included, and is durable when this returns. The fingerprint stands in for the request's own if it is given.
    /// </summary>
    internal async ValueTask<CommitVerdict> CommitAsync(
        Commit commit, CommitSender sender, string? fingerprint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(commit);
        CheckOpen(cancellationToken);
        var partition = partitions[commit.Validate(Partitions)];
        if (Room() is { } room)
        {
            await WaitForRoom(room, cancellationToken).ConfigureAwait(false);
        }

        var verdict = Evaluate(partition, commit, sender, fingerprint);
        if (!verdict.Durable.IsCompletedSuccessfully)
        {
            await WaitUntilDurable(verdict.Durable, cancellationToken).ConfigureAwait(false);
        }

        return verdict;
    }

    /// <summary>
    /// Makes a commit for a client that may repeat it, on the caller's thread: commits that are begun one after another
    /// are made in that order, and become durable together. The caller looks at <see cref="Room"/> first, and tells
    /// nothing before the verdict is durable.
    /// </summary>
    internal CommitVerdict Begin(Commit commit, CommitSender sender) =>
        Evaluate(partitions[commit.Validate(Partitions)], commit, sender, null);

    /// <summary>
    /// Makes one commit, as <see cref="Begin(Commit, CommitSender)"/> does, of what is decided about records of the
    /// partition, none of them twice; tells when that is durable, and if nothing is to change, when that is on which the decisions were made.
    /// </summary>
    internal Task Begin(int partition, ReadOnlySpan<RecordDecision> decisions, Durability durability, CommitSender sender) =>
        partitions[partition].Commit(decisions, durability, sender);

    /// <summary>
    /// Makes a commit, as <see cref="Begin(Commit, CommitSender)"/> does, that gives a record this one field, if the record is absent or has that field alone: the
    /// shortest way. Null if it is otherwise, and nothing was done.
    /// </summary>
    internal Task? TryReplace(
        ReadOnlySpan<byte> address, uint hash, int partition, in FieldReplacement field, Durability durability, CommitSender sender, StoreMoment now) =>
        partitions[partition].TryReplace(address, hash, field, durability, sender, now);

    /// <summary>This moment, for commits that are made now.</summary>
    internal StoreMoment Now() => new(Options.Clock.GetTimestamp(), Options.Clock.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>Has commits written whose sender <see cref="CommitSender.Writes"/>; the caller holds no locks. See <see cref="LogWriter.WriteHere"/>.</summary>
    internal void Write() => store.Log.WriteHere();

    /// <summary>Has this done by the log's thread once a verdict's <see cref="CommitVerdict.Durable"/> has ended; see <see cref="LogWriter.TryFollow"/>.</summary>
    internal bool TryFollow(Task durable, Action then) => store.Log.TryFollow(durable, then);

    /// <summary>Completes when the log can take more, or eviction has made room in memory; null when there is room.</summary>
    internal Task? Room() => store.Log.Room() ?? memory.Room();

    /// <summary>The addresses of a partition's records.</summary>
    internal List<Address> AddressesOf(int partition) => partitions[partition].Addresses();

    /// <summary>How many records there are, roughly while commits are under way.</summary>
    internal long CountRecords() => partitions.Sum(static partition => (long)partition.Count());

    /// <summary>What the records take, by kind; kinds without any are left out.</summary>
    internal IReadOnlyDictionary<string, KindUsage> MemoryByKind()
    {
        var names = memory.Kinds.Names;
        var sums = new KindUsage[names.Count];
        foreach (var partition in partitions)
        {
            partition.AddUsage(sums);
        }

        return names.Zip(sums).Where(static pair => pair.Second != default).ToDictionary(StringComparer.Ordinal);
    }

    /// <summary>The memory of records, and what was removed to have some.</summary>
    internal MemoryFigures MemoryFigures =>
        new(memory.UsedBytes, memory.HeldBytes, memory.MaxBytes, evictor.Evictions, partitions.Sum(static partition => partition.Expired));

    /// <summary>What the log has done since it was opened, and what waits for it.</summary>
    internal LogFigures LogFigures => store.Log.Figures;

    /// <summary>Takes a step of the log, of an engine that is stepped.</summary>
    internal void StepLog() => store.Log.Step();

    /// <inheritdoc cref="Checkpoints.IsDue"/>
    internal bool IsCheckpointDue => store.Checkpoints.IsDue;

    /// <inheritdoc cref="Checkpoints.Steps"/>
    internal IEnumerable<Task> CheckpointSteps() => store.Checkpoints.Steps(partitions);

    /// <inheritdoc cref="Evictor.Steps"/>
    internal IEnumerable<Task> EvictionSteps(long bytes) => evictor.Steps(bytes);

    /// <summary>Replaces the log by a snapshot now, on the caller's thread.</summary>
    internal void Checkpoint() => store.Checkpoints.Run(partitions);

    /// <summary>Broadcasts, and tells how many listened in this process.</summary>
    internal int Signal(string channel, ReadOnlySpan<byte> payload) => signals.Send(channel, payload);

    /// <summary>A record of the partition, at once.</summary>
    internal Reading Read(Address address, int partition)
    {
        CheckOpen(CancellationToken.None);
        return partitions[partition].Read(address);
    }

    /// <summary>Looks at a record of the partition where it lies.</summary>
    /// <param name="address">The bytes of its address.</param>
    /// <param name="hash">Their <see cref="HashOf"/>.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="state">Handed on.</param>
    /// <param name="look">Is shown the record, or none.</param>
    internal void Look<T>(ReadOnlySpan<byte> address, uint hash, int partition, T state, RecordLook<T> look)
    {
        CheckOpen(CancellationToken.None);
        partitions[partition].Look(address, hash, state, look);
    }

    /// <summary>The hash of an address, by its bytes.</summary>
    internal uint HashOf(ReadOnlySpan<byte> address) => memory.HashOf(address);

    /// <summary>
    /// Has the processor fetch records that will be used, all at once. One after the other, each would be waited for three times: for its place in the index, for its
    /// slot and for its block.
    /// </summary>
    internal void Fetch(ReadOnlySpan<ExpectedRecord> records) => RecordFetch.Fetch(partitions, records);

    /// <summary>A partition's head, at once.</summary>
    internal PartitionHead Head(int partition) => partitions[partition].Head();

    /// <inheritdoc/>
    protected override ValueTask<Reading> ReadCoreAsync(
        Address address, int partition, Freshness freshness, CancellationToken cancellationToken)
    {
        CheckOpen(cancellationToken);
        StateMeter.Reads.Add(1);
        return new(partitions[partition].Read(address));
    }

    /// <inheritdoc/>
    protected override ValueTask<IReadOnlyList<Reading>> ReadManyCoreAsync(
        IReadOnlyList<Address> addresses, int partition, CancellationToken cancellationToken)
    {
        CheckOpen(cancellationToken);
        return new(partitions[partition].Read(addresses));
    }

    /// <inheritdoc/>
    protected override ValueTask<CommitResult> CommitCoreAsync(Commit commit, int partition, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<CommitResult>(cancellationToken);
        }

        try
        {
            CheckOpen(cancellationToken);
            StateMeter.Commits.Add(1);
            if (Room() is { } room)
            {
                return CommitWhenThereIsRoomAsync(room, commit, partition, cancellationToken);
            }

            var verdict = Make(commit, partition);
            return verdict.Durable.IsCompletedSuccessfully ? new(verdict.Result) : CommitWhenDurableAsync(verdict, cancellationToken);
        }
        catch (Exception fault)
        {
            // A fault is told where the commit is awaited, however it was made.
            return ValueTask.FromException<CommitResult>(fault);
        }
    }

    /// <inheritdoc/>
    protected override async IAsyncEnumerable<Record> ScanCoreAsync(
        int partition, string kind, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        CheckOpen(cancellationToken);
        List<Record> found = [];
        var slot = 0;
        for (var more = true; more; found.Clear())
        {
            more = partitions[partition].Scan(kind, ref slot, found);
            foreach (var record in found)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return record;
            }
        }

        await ValueTask.CompletedTask.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override ValueTask<JournalPage> ReadJournalCoreAsync(
        int partition, JournalPosition after, int maxEvents, CancellationToken cancellationToken)
    {
        CheckOpen(cancellationToken);
        return new(partitions[partition].ReadJournal(after, maxEvents));
    }

    /// <inheritdoc/>
    protected override ValueTask<PartitionHead> ReadHeadCoreAsync(int partition, CancellationToken cancellationToken)
    {
        CheckOpen(cancellationToken);
        return new(partitions[partition].Head());
    }

    /// <inheritdoc/>
    protected override ValueTask<Watch> WatchCoreAsync(int partition, Address? address, CancellationToken cancellationToken)
    {
        CheckOpen(cancellationToken);
        return new(partitions[partition].Watch(address));
    }

    /// <inheritdoc/>
    protected override ValueTask SignalCoreAsync(string channel, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        CheckOpen(cancellationToken);
        signals.Send(channel, payload.Span);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override ValueTask<SignalSubscription> ListenCoreAsync(string channel, CancellationToken cancellationToken)
    {
        CheckOpen(cancellationToken);
        return new(signals.Listen(channel));
    }

    private static EmbeddedEngine Open(string folder, StateEngineOptions options, EmbeddedSettings settings)
    {
        var clock = new StoreClock(options.Clock);
        var requests = new RequestMemory(settings.MaxRequestBytes);
        var memory = new StoreMemory(options);
        var states = new PartitionState[options.PartitionCount];
        for (var i = 0; i < states.Length; i++)
        {
            states[i] = new PartitionState(i, clock, requests, memory);
        }

        try
        {
            var store = EmbeddedStore.Open(folder, options, settings, clock, states);
            if (!settings.IsStepped)
            {
                store.Log.Start();
            }

            return new EmbeddedEngine(options, store, memory, states, settings.IsStepped);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            memory.Dispose();
            throw new StateUnavailableException(
                $"The folder {folder} can't be used for a store: {fault.Message} Make it writable for this process, or choose another.", fault);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    private ChangeObserver? ObserverOf(object? origin) =>
        Volatile.Read(ref observer) is { } tell && (origin is not null || Volatile.Read(ref isListening)?.Invoke() != false) ? tell : null;

    private static CommitVerdict Evaluate(EmbeddedPartition partition, Commit commit, CommitSender sender, string? fingerprint)
    {
        fingerprint = commit.Request is not { } request ? null : fingerprint ?? request.Fingerprint ?? CommitFingerprint.Of(commit);
        return partition.Commit(commit, fingerprint, sender);
    }

    /// <summary>Makes a commit, and writes it on this thread if it waits for no disk: waking the log's, and being woken by it, would take ten times as long.</summary>
    private CommitVerdict Make(Commit commit, int partition)
    {
        // An application may interrupt a thread of its own (Thread.Interrupt) wherever that waits, and a write that is left half-way ends the log's. A pool's it shares.
        var writes = commit.Durability != Durability.Synced && Thread.CurrentThread.IsThreadPoolThread;
        var verdict = Evaluate(partitions[partition], commit, default(CommitSender) with { Writes = writes }, null);
        if (writes && !verdict.Durable.IsCompleted)
        {
            store.Log.WriteHere();
        }

        return verdict;
    }

    private async ValueTask<CommitResult> CommitWhenThereIsRoomAsync(Task room, Commit commit, int partition, CancellationToken cancellationToken)
    {
        await WaitForRoom(room, cancellationToken).ConfigureAwait(false);
        var verdict = Make(commit, partition);
        return verdict.Durable.IsCompletedSuccessfully ? verdict.Result : await CommitWhenDurableAsync(verdict, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<CommitResult> CommitWhenDurableAsync(CommitVerdict verdict, CancellationToken cancellationToken)
    {
        await WaitUntilDurable(verdict.Durable, cancellationToken).ConfigureAwait(false);
        return verdict.Result;
    }

    private async ValueTask WaitForRoom(Task room, CancellationToken cancellationToken)
    {
        try
        {
            // Whether those commits succeed is not our affair.
            await Task.WhenAny(room).WaitAsync(Options.CommitTimeout, Options.Clock, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException fault)
        {
            throw new StateUnavailableException(
                "The disk does not keep up with the commits, or the removal of evictable records with the memory that they need. Nothing was changed: repeat later.",
                fault);
        }
    }

    private async ValueTask WaitUntilDurable(Task durable, CancellationToken cancellationToken)
    {
        try
        {
            var bounded = Bounded(durable);
            await (cancellationToken.CanBeCanceled ? bounded.WaitAsync(cancellationToken) : bounded).ConfigureAwait(false);
        }
        catch (TimeoutException fault)
        {
            throw new CommitUnknownException(
                $"The disk did not take the commit within {Options.CommitTimeout.TotalMilliseconds} ms: it may yet be made.", fault);
        }
    }

    /// <summary>The task within the commit timeout.</summary>
    private Task Bounded(Task durable)
    {
        if (Volatile.Read(ref lastWait) is { } last && last.Serves(durable, Options.Clock))
        {
            return last.Task;
        }

        var wait = new DurableWait(durable, Options.CommitTimeout, Options.Clock);
        if (!store.Log.TryFollow(durable, wait.End))
        {
            wait.Abandon();
            return durable.WaitAsync(Options.CommitTimeout, Options.Clock);
        }

        Volatile.Write(ref lastWait, wait);
        return wait.Task;
    }

    private void CheckOpen(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Volatile.Read(ref disposed) == 1)
        {
            throw new StateUnavailableException("The engine was disposed.");
        }
    }
}
