using System.Text;

namespace Holdfast;

/// <summary>
/// A state plane: records in partitions, changed by commits. Every engine gives the same guarantees, as far as its
/// <see cref="Capabilities"/> go: a commit is atomic; commits and <see cref="Freshness.Latest"/> reads of a partition
/// are linearizable; a request id takes effect once; what was removed stays removed for who demands its birth; what
/// was acknowledged is durable at the commit's level; and everything is bounded (<see cref="StateLimits"/>).
/// Safe for concurrent use.
/// </summary>
/// <remarks>
/// Faults are <see cref="StateException"/>: above all <see cref="StateUnavailableException"/> when the store does not
/// answer within <see cref="StateEngineOptions.CommitTimeout"/>. The caller's cancellation is
/// <see cref="OperationCanceledException"/>, and leaves open whether a commit was made.
/// </remarks>
public abstract class StateEngine : IAsyncDisposable
{
    /// <summary>Prepares what all engines share.</summary>
    protected StateEngine(StateEngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        Partitions = new PartitionMap(options.PartitionCount);
    }

    /// <summary>What this engine and its store can promise.</summary>
    public abstract EngineCapabilities Capabilities { get; }

    /// <summary>Which partition an address belongs to.</summary>
    public PartitionMap Partitions { get; }

    /// <summary>The options that the engine was opened with.</summary>
    public StateEngineOptions Options { get; }

    /// <summary>Reads a record. What it returns is awaited, and once; <see cref="ValueTask{T}.AsTask"/> is for all else, such as waiting for it on this thread.</summary>
    public ValueTask<Reading> ReadAsync(Address address, Freshness freshness = default, CancellationToken cancellationToken = default) =>
        ReadCoreAsync(address, Partitions.PartitionOf(address), freshness, cancellationToken);

    /// <summary>
    /// Reads records of one partition as they were at one moment: at most <see cref="StateLimits.MaxRecordsPerCommit"/>,
    /// asked of the store, in one round trip. The answers are in the order of the addresses.
    /// </summary>
    /// <exception cref="ArgumentException">There are no addresses, too many, or they are of several partitions.</exception>
    public ValueTask<IReadOnlyList<Reading>> ReadManyAsync(IReadOnlyList<Address> addresses, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        if (addresses.Count is 0 or > StateLimits.MaxRecordsPerCommit)
        {
            throw new ArgumentException($"One read takes 1 to {StateLimits.MaxRecordsPerCommit} records.", nameof(addresses));
        }

        var partition = Partitions.PartitionOf(addresses[0]);
        foreach (var address in addresses)
        {
            if (Partitions.PartitionOf(address) != partition)
            {
                throw new ArgumentException($"One read stays in one partition: {address} is in another than {addresses[0]}.", nameof(addresses));
            }
        }

        return ReadManyCoreAsync(addresses, partition, cancellationToken);
    }

    /// <summary>
    /// Makes the commit, or refuses it. A commit without a request id is repeated by the engine when a connection is
    /// lost, and still takes effect once.
    /// </summary>
    /// <exception cref="ArgumentException">The commit is empty, spans partitions or changes a record twice.</exception>
    /// <exception cref="StateLimitException">The commit is over a limit, or a counter would be; nothing was changed.</exception>
    /// <exception cref="CommitUnknownException">No answer came in time: the commit may have been made.</exception>
    public ValueTask<CommitResult> CommitAsync(Commit commit, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(commit);
        return CommitCoreAsync(commit, commit.Validate(Partitions), cancellationToken);
    }

    /// <summary>
    /// Every record of a kind in a partition, in no order. Records that exist throughout are told at least once, and more
    /// than once if the scan has to begin anew; those that come or go meanwhile may or may not be. Costs up to a walk over the whole store: for administration.
    /// </summary>
    public IAsyncEnumerable<Record> ScanAsync(int partition, string kind, CancellationToken cancellationToken = default)
    {
        CheckPartition(partition);
        _ = new Address(kind, "x");
        return ScanCoreAsync(partition, kind, cancellationToken);
    }

    /// <summary>Reads the partition's journal after a position.</summary>
    /// <param name="partition">The partition, from 0.</param>
    /// <param name="after">Where the last reading ended; <see cref="JournalPosition.Start"/> for all that is kept.</param>
    /// <param name="maxEvents">
    /// The most events to answer, from 1 to 1000. Fewer than asked for are the journal's last, unless they come to 25 MiB, which takes a hundred at least.
    /// </param>
    /// <param name="cancellationToken">Ends the call.</param>
    public ValueTask<JournalPage> ReadJournalAsync(
        int partition, JournalPosition after, int maxEvents = 100, CancellationToken cancellationToken = default)
    {
        CheckPartition(partition);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEvents, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxEvents, 1000);
        return ReadJournalCoreAsync(partition, after, maxEvents, cancellationToken);
    }

    /// <summary>Asks the store for a partition's revision and terms.</summary>
    public ValueTask<PartitionHead> ReadHeadAsync(int partition, CancellationToken cancellationToken = default)
    {
        CheckPartition(partition);
        return ReadHeadCoreAsync(partition, cancellationToken);
    }

    /// <summary>Watches a record: its creation, change, touch, removal and expiry.</summary>
    public ValueTask<Watch> WatchAsync(Address address, CancellationToken cancellationToken = default) =>
        WatchCoreAsync(Partitions.PartitionOf(address), address, cancellationToken);

    /// <summary>Watches a partition's head: every commit that changes its revision.</summary>
    public ValueTask<Watch> WatchAsync(int partition, CancellationToken cancellationToken = default)
    {
        CheckPartition(partition);
        return WatchCoreAsync(partition, null, cancellationToken);
    }

    /// <summary>Broadcasts to whoever listens on the channel right now, through this store, in any process. At most once.</summary>
    public ValueTask SignalAsync(string channel, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken = default)
    {
        CheckChannel(channel);
        if (payload.Length > StateLimits.MaxSignalBytes)
        {
            throw new StateLimitException($"A signal has at most {StateLimits.MaxSignalBytes} bytes, not {payload.Length}.");
        }

        return SignalCoreAsync(channel, payload, cancellationToken);
    }

    /// <summary>Listens on a channel: signals sent after this returns are delivered while the connection holds.</summary>
    public ValueTask<SignalSubscription> ListenAsync(string channel, CancellationToken cancellationToken = default)
    {
        CheckChannel(channel);
        return ListenCoreAsync(channel, cancellationToken);
    }

    /// <summary>Ends the engine: calls under way fail with <see cref="StateUnavailableException"/>, and watches with <see cref="ObjectDisposedException"/>.</summary>
    public abstract ValueTask DisposeAsync();

    /// <summary>Why the partition's calls have to wait now; null if the engine knows of nothing.</summary>
    internal virtual StateException? TroubleOf(int partition) => null;

    /// <summary>Reads a record of the partition.</summary>
    protected abstract ValueTask<Reading> ReadCoreAsync(
        Address address, int partition, Freshness freshness, CancellationToken cancellationToken);

    /// <summary>Reads records of the partition as of one moment.</summary>
    protected abstract ValueTask<IReadOnlyList<Reading>> ReadManyCoreAsync(
        IReadOnlyList<Address> addresses, int partition, CancellationToken cancellationToken);

    /// <summary>Makes a commit that was checked, in the partition.</summary>
    protected abstract ValueTask<CommitResult> CommitCoreAsync(Commit commit, int partition, CancellationToken cancellationToken);

    /// <summary>Tells the records of a kind.</summary>
    protected abstract IAsyncEnumerable<Record> ScanCoreAsync(int partition, string kind, CancellationToken cancellationToken);

    /// <summary>Reads the journal.</summary>
    protected abstract ValueTask<JournalPage> ReadJournalCoreAsync(
        int partition, JournalPosition after, int maxEvents, CancellationToken cancellationToken);

    /// <summary>Reads the head.</summary>
    protected abstract ValueTask<PartitionHead> ReadHeadCoreAsync(int partition, CancellationToken cancellationToken);

    /// <summary>Watches a record, or the head when the address is null.</summary>
    protected abstract ValueTask<Watch> WatchCoreAsync(int partition, Address? address, CancellationToken cancellationToken);

    /// <summary>Broadcasts.</summary>
    protected abstract ValueTask SignalCoreAsync(string channel, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken);

    /// <summary>Listens.</summary>
    protected abstract ValueTask<SignalSubscription> ListenCoreAsync(string channel, CancellationToken cancellationToken);

    private static void CheckChannel(string channel)
    {
        ArgumentException.ThrowIfNullOrEmpty(channel);
        if (Encoding.UTF8.GetByteCount(channel) > StateLimits.MaxChannelBytes)
        {
            throw new StateLimitException($"A channel's name has at most {StateLimits.MaxChannelBytes} bytes.");
        }
    }

    private void CheckPartition(int partition)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(partition);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(partition, Partitions.Count);
    }
}
