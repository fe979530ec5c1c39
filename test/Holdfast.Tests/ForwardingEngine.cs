using System.Runtime.CompilerServices;

namespace Holdfast.Tests;

/// <summary>Passes everything on to another engine; a test's engine overrides what it means to disturb.</summary>
internal abstract class ForwardingEngine(StateEngineOptions options) : StateEngine(options)
{
    public override EngineCapabilities Capabilities => Inner.Capabilities;

    /// <summary>The engine that does the work, asked for at each call.</summary>
    protected abstract StateEngine Inner { get; }

    protected override ValueTask<Reading> ReadCoreAsync(Address address, int partition, Freshness freshness, CancellationToken cancellationToken) =>
        Inner.ReadAsync(address, freshness, cancellationToken);

    protected override ValueTask<IReadOnlyList<Reading>> ReadManyCoreAsync(
        IReadOnlyList<Address> addresses, int partition, CancellationToken cancellationToken) => Inner.ReadManyAsync(addresses, cancellationToken);

    protected override ValueTask<CommitResult> CommitCoreAsync(Commit commit, int partition, CancellationToken cancellationToken) =>
        Inner.CommitAsync(commit, cancellationToken);

    protected override async IAsyncEnumerable<Record> ScanCoreAsync(
        int partition, string kind, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var record in Inner.ScanAsync(partition, kind, cancellationToken))
        {
            yield return record;
        }
    }

    protected override ValueTask<JournalPage> ReadJournalCoreAsync(
        int partition, JournalPosition after, int maxEvents, CancellationToken cancellationToken) =>
        Inner.ReadJournalAsync(partition, after, maxEvents, cancellationToken);

    protected override ValueTask<PartitionHead> ReadHeadCoreAsync(int partition, CancellationToken cancellationToken) =>
        Inner.ReadHeadAsync(partition, cancellationToken);

    protected override ValueTask<Watch> WatchCoreAsync(int partition, Address? address, CancellationToken cancellationToken) =>
        address is { } record ? Inner.WatchAsync(record, cancellationToken) : Inner.WatchAsync(partition, cancellationToken);

    protected override ValueTask SignalCoreAsync(string channel, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken) =>
        Inner.SignalAsync(channel, payload, cancellationToken);

    protected override ValueTask<SignalSubscription> ListenCoreAsync(string channel, CancellationToken cancellationToken) =>
        Inner.ListenAsync(channel, cancellationToken);
}
