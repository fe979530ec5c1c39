namespace Holdfast.Tests.Registry;

/// <summary>Passes everything on to another engine, and does something ahead of each read and each commit.</summary>
internal sealed class ObservedEngine(StateEngine inner, StateEngineOptions? options = null) : ForwardingEngine(options ?? inner.Options)
{
    public Func<Address, Task> BeforeRead { get; set; } = static _ => Task.CompletedTask;

    /// <summary>What is done ahead of each reading of a partition's head.</summary>
    public Func<Task> BeforeHead { get; set; } = static () => Task.CompletedTask;

    public Func<Task> BeforeCommit { get; set; } = static () => Task.CompletedTask;

    /// <summary>The commit that is about to be sent, or was sent last.</summary>
    public Commit? Sent { get; private set; }

    protected override StateEngine Inner => inner;

    public override ValueTask DisposeAsync() => inner.DisposeAsync();

    protected override async ValueTask<Reading> ReadCoreAsync(Address address, int partition, Freshness freshness, CancellationToken cancellationToken)
    {
        await BeforeRead(address);
        return await inner.ReadAsync(address, freshness, cancellationToken);
    }

    protected override async ValueTask<PartitionHead> ReadHeadCoreAsync(int partition, CancellationToken cancellationToken)
    {
        await BeforeHead();
        return await inner.ReadHeadAsync(partition, cancellationToken);
    }

    protected override async ValueTask<CommitResult> CommitCoreAsync(Commit commit, int partition, CancellationToken cancellationToken)
    {
        Sent = commit;
        await BeforeCommit();
        return await inner.CommitAsync(commit, cancellationToken);
    }
}
