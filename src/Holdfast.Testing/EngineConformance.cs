using System.Text;
using Xunit;

namespace Holdfast.Testing;

/// <summary>
/// What the kit's classes share: an engine for each test, names that no other test uses, and waiting with a deadline.
/// Derive the classes of the themes, not this one; see <see cref="EngineFixture"/> for how.
/// </summary>
public abstract class EngineConformance : IAsyncLifetime
{
    private readonly List<StateEngine> opened = [];

    /// <summary>Tests engines on this store.</summary>
    protected EngineConformance(EngineFixture fixture)
    {
        ArgumentNullException.ThrowIfNull(fixture);
        Fixture = fixture;
        Affinity = Unique();
    }

    /// <summary>The store.</summary>
    protected EngineFixture Fixture { get; }

    /// <summary>The engine under test, opened for this test.</summary>
    protected StateEngine Engine { get; private set; } = null!;

    /// <summary>An affinity that only this test uses.</summary>
    protected string Affinity { get; }

    /// <summary>The partition of <see cref="Affinity"/>.</summary>
    protected int Partition => Engine.Partitions.PartitionOf(Affinity);

    /// <summary>Opens the engine.</summary>
    public virtual async ValueTask InitializeAsync() => Engine = await OpenAsync();

    /// <summary>Disposes every engine that the test opened.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await CloseAllAsync();
    }

    /// <summary>A text that is used nowhere else, of characters that may stand in addresses.</summary>
    protected static string Unique() => Entropy.System.NextText(12);

    /// <summary>The text as UTF-8.</summary>
    protected static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>A record's address under the test's own affinity.</summary>
    protected Address Thing(string? id = null) => new("thing", Affinity, id);

    /// <summary>Opens another engine on the store, which the test's end disposes.</summary>
    protected async ValueTask<StateEngine> OpenAsync(StateEngineOptions? options = null)
    {
        var engine = await Fixture.OpenAsync(options ?? new StateEngineOptions());
        opened.Add(engine);
        return engine;
    }

    /// <summary>
    /// The store as another process sees it: another engine where the store is shared. Where it isn't, there is no other
    /// process, which <see cref="CapabilityConformance"/> checks, and the answer is the test's own engine.
    /// </summary>
    protected async ValueTask<StateEngine> ElsewhereAsync() => Engine.Capabilities.IsShared ? await OpenAsync() : Engine;

    /// <summary>Closes every engine, restarts the store and opens the engine again.</summary>
    protected async ValueTask RestartAsync()
    {
        await CloseAllAsync();
        await Fixture.RestartStoreAsync();
        Engine = await OpenAsync();
    }

    /// <summary>Makes a commit of the changes, which must succeed.</summary>
    protected Task<CommitResult> CommitAsync(params RecordChange[] changes) => CommitAsync(new Commit(changes));

    /// <summary>Makes a commit, which must succeed.</summary>
    protected async Task<CommitResult> CommitAsync(Commit commit)
    {
        var result = await Engine.CommitAsync(commit);
        Assert.True(result.IsCommitted, $"The commit was not made: {result.Outcome}, {result.Refusal}");
        return result;
    }

    /// <summary>Sends a commit of the changes, which a condition must refuse.</summary>
    protected async Task<Refusal> RefusedAsync(params RecordChange[] changes)
    {
        var result = await Engine.CommitAsync(new Commit(changes));
        Assert.Equal(CommitOutcome.Refused, result.Outcome);
        Assert.NotNull(result.Refusal);
        Assert.Empty(result.Records);
        return result.Refusal;
    }

    /// <summary>The record as the store has it now, or null.</summary>
    protected async Task<Record?> ReadAsync(Address address) => (await Engine.ReadAsync(address)).Record;

    /// <summary>The record as the store has it now, which must exist.</summary>
    protected async Task<Record> ExistingAsync(Address address)
    {
        var record = await ReadAsync(address);
        Assert.NotNull(record);
        return record;
    }

    /// <summary>The partition's revision now.</summary>
    protected async Task<long> RevisionAsync() => (await Engine.ReadHeadAsync(Partition)).Revision;

    /// <summary>Asks again until it holds; fails with the expectation when it does not within <see cref="EngineFixture.Patience"/>.</summary>
    protected async Task EventuallyAsync(Func<ValueTask<bool>> holds, string expectation)
    {
        ArgumentNullException.ThrowIfNull(holds);
        using var patience = new CancellationTokenSource(Fixture.Patience);
        while (!await holds())
        {
            Assert.False(patience.IsCancellationRequested, $"Not within {Fixture.Patience.TotalSeconds} s: {expectation}");
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }
    }

    /// <summary>Awaits what must end; fails when it does not within <see cref="EngineFixture.Patience"/>.</summary>
    protected async Task<T> InTimeAsync<T>(Task<T> task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return await task.WaitAsync(Fixture.Patience);
    }

    /// <summary>Awaits what must end; fails when it does not within <see cref="EngineFixture.Patience"/>.</summary>
    protected async Task InTimeAsync(ValueTask task) => await task.AsTask().WaitAsync(Fixture.Patience);

    private async ValueTask CloseAllAsync()
    {
        foreach (var engine in opened)
        {
            await engine.DisposeAsync();
        }

        opened.Clear();
    }
}
