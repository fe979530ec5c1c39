using Holdfast.Tests;

namespace Holdfast.AspNetCore.Tests;

/// <summary>Passes everything on to another engine, counts the calls, and fails them while it is told to.</summary>
internal sealed class CountingEngine(StateEngine inner, Action? afterwards = null) : ForwardingEngine(inner.Options)
{
    private int reads;
    private int commits;
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, int> commitsOf = new(StringComparer.Ordinal);

    public int Reads => reads;

    public int Commits => commits;

    /// <summary>What reads fail with; null when they don't.</summary>
    public StateException? ReadFault { get; set; }

    /// <summary>What commits fail with; null when they don't.</summary>
    public StateException? CommitFault { get; set; }

    /// <summary>Called ahead of each read, with each address.</summary>
    public Func<Address, Task>? BeforeRead { get; set; }

    /// <summary>Called ahead of each commit.</summary>
    public Func<Commit, Task>? BeforeCommit { get; set; }

    /// <summary>Changes what a commit is answered.</summary>
    public Func<Commit, CommitResult, Task<CommitResult>>? AfterCommit { get; set; }

    public Commit? LastCommit { get; private set; }

    public Freshness? LastFreshness { get; private set; }

    protected override StateEngine Inner => inner;

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        afterwards?.Invoke();
    }

    /// <summary>How many commits had a change of a record of this kind.</summary>
    public int CommitsOf(string kind) => commitsOf.GetValueOrDefault(kind);

    public (int Reads, int Commits) Count() => (Interlocked.Exchange(ref reads, 0), Interlocked.Exchange(ref commits, 0));

    protected override async ValueTask<Reading> ReadCoreAsync(Address address, int partition, Freshness freshness, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref reads);
        LastFreshness = freshness;
        await ReadingAsync(address);
        return ReadFault is null ? await inner.ReadAsync(address, freshness, cancellationToken) : throw ReadFault;
    }

    protected override async ValueTask<IReadOnlyList<Reading>> ReadManyCoreAsync(
        IReadOnlyList<Address> addresses, int partition, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref reads);
        foreach (var address in addresses)
        {
            await ReadingAsync(address);
        }

        return ReadFault is null ? await inner.ReadManyAsync(addresses, cancellationToken) : throw ReadFault;
    }

    protected override async ValueTask<CommitResult> CommitCoreAsync(Commit commit, int partition, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref commits);
        LastCommit = commit;
        foreach (var kind in commit.Changes.Select(static change => change.Address.Kind).Distinct())
        {
            commitsOf.AddOrUpdate(kind, 1, static (_, count) => count + 1);
        }

        if (BeforeCommit is { } before)
        {
            await before(commit);
        }

        var result = CommitFault is null ? await inner.CommitAsync(commit, cancellationToken) : throw CommitFault;
        return AfterCommit is { } after ? await after(commit, result) : result;
    }

    private Task ReadingAsync(Address address) => BeforeRead?.Invoke(address) ?? Task.CompletedTask;
}
