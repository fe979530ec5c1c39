using System.Runtime.CompilerServices;
using System.Text;

namespace Holdfast.Tests.Conformance;

/// <summary>An engine on a <see cref="ModelStore"/>; several may share one.</summary>
internal sealed class ModelEngine : StateEngine
{
    private readonly ModelStore store;
    private readonly Dictionary<Address, Reading> cache = [];
    private readonly int openedAt;
    private int reads;
    private bool disposed;

    public ModelEngine(ModelStore store, StateEngineOptions options)
        : base(options)
    {
        if (options.PartitionCount != store.PartitionCount && !store.Has(ModelFault.PartitionCountIsIgnored))
        {
            throw new StateMismatchException($"The store has {store.PartitionCount} partitions, not {options.PartitionCount}.");
        }

        this.store = store;
        openedAt = store.Restarts;
    }

    public override EngineCapabilities Capabilities => new()
    {
        Name = store.Has(ModelFault.NameIsEmpty) ? "" : "model",
        Durability = Durability.Synced,
        IsShared = !store.Has(ModelFault.SharingIsDenied),
        HasMonotonicExpiry = true,
        HasNearCache = store.Has(ModelFault.NearCacheIsClaimed),
    };

    public override async ValueTask DisposeAsync()
    {
        if (!disposed)
        {
            disposed = true;
            await store.EndWatchesOfAsync(this);
        }
    }

    protected override ValueTask<Reading> ReadCoreAsync(Address address, int partition, Freshness freshness, CancellationToken cancellationToken) =>
        Answer(
            () =>
            {
                var reading = store[partition].Read(address);
                if (store.Has(ModelFault.CachesAreForever))
                {
                    return cache.TryGetValue(address, out var cached) ? cached : cache[address] = reading;
                }

                var isOld = store.Has(ModelFault.ReadsGoBack) && reads++ % 2 == 1;
                return isOld ? reading with { At = reading.At with { Revision = reading.At.Revision - 1 } } : reading;
            },
            cancellationToken);

    protected override ValueTask<IReadOnlyList<Reading>> ReadManyCoreAsync(IReadOnlyList<Address> addresses, int partition, CancellationToken cancellationToken) =>
        Answer<IReadOnlyList<Reading>>(
            () =>
            {
                var asked = store.Has(ModelFault.ReadsOfManyAreSorted) ? addresses.OrderBy(static address => address.ToString(), StringComparer.Ordinal) : addresses.AsEnumerable();
                return [.. asked.Select(store[partition].Read)];
            },
            cancellationToken);

    protected override ValueTask<CommitResult> CommitCoreAsync(Commit commit, int partition, CancellationToken cancellationToken) =>
        Answer(() => store[partition].Commit(commit, this), cancellationToken);

    protected override async IAsyncEnumerable<Record> ScanCoreAsync(
        int partition, string kind, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var record in await Answer(() => store[partition].Scan(kind), cancellationToken))
        {
            yield return record;
        }
    }

    protected override ValueTask<JournalPage> ReadJournalCoreAsync(int partition, JournalPosition after, int maxEvents, CancellationToken cancellationToken) =>
        Answer(() => store.JournalOf(partition).ReadJournal(after, maxEvents, store[partition].At), cancellationToken);

    protected override ValueTask<PartitionHead> ReadHeadCoreAsync(int partition, CancellationToken cancellationToken) =>
        Answer(() => store[partition].Head(), cancellationToken);

    protected override ValueTask<Watch> WatchCoreAsync(int partition, Address? address, CancellationToken cancellationToken) =>
        Answer(() => store.Watch(this, partition, address), cancellationToken);

    protected override ValueTask SignalCoreAsync(string channel, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        store.Signal(channel, store.Has(ModelFault.BytesAreText) ? Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(payload.Span)) : payload.ToArray());
        return ValueTask.CompletedTask;
    }

    protected override ValueTask<SignalSubscription> ListenCoreAsync(string channel, CancellationToken cancellationToken) =>
        Answer(() => store.Listen(channel), cancellationToken);

    private ValueTask<T> Answer<T>(Func<T> answer, CancellationToken cancellationToken)
    {
        if (!store.Has(ModelFault.DisposedEnginesAnswer))
        {
            ObjectDisposedException.ThrowIf(disposed, this);
        }

        if (!store.Has(ModelFault.CancellationIsIgnored))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        if (store.Has(ModelFault.EnginesDieWithTheStore) && openedAt != store.Restarts)
        {
            throw new StateUnavailableException("The store went away.");
        }

        lock (store.Gate)
        {
            return ValueTask.FromResult(answer());
        }
    }
}
