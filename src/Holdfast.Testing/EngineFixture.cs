using Xunit;

namespace Holdfast.Testing;

/// <summary>
/// A store for the conformance kit, and the way to open engines on it. Derive it once for an engine, and hand it to the
/// kit's classes as an xunit class fixture, so that a class's tests share one store:
/// <c>class AcmeRecords(AcmeFixture store) : RecordConformance(store), IClassFixture&lt;AcmeFixture&gt;;</c>
/// </summary>
/// <remarks>
/// Tests of one class run one after the other, and give their records names that no other test uses: a store may keep
/// what earlier tests, or earlier runs, left behind.
/// </remarks>
public abstract class EngineFixture : IAsyncLifetime
{
    /// <summary>How long a test waits for what must happen unless <see cref="Patience"/> says otherwise. 20 s: ten times the slowest promise.</summary>
    public static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(20);

    /// <summary>How long a test waits for what must happen before it fails. A test that passes rarely waits at all.</summary>
    public virtual TimeSpan Patience => DefaultPatience;

    /// <summary>
    /// Opens an engine on the fixture's store. The test disposes it. An engine whose
    /// <see cref="EngineCapabilities.IsShared"/> is false is asked for a second one only to see it refused.
    /// </summary>
    /// <param name="options">To be handed to the engine as they are: tests vary the number of partitions and the near cache.</param>
    public abstract ValueTask<StateEngine> OpenAsync(StateEngineOptions options);

    /// <summary>
    /// Ends the store's process without warning, as <c>kill -9</c> does, and starts it again on what it has kept. An
    /// engine that is its own store has nothing to do here: the kit disposes it before, and opens another after.
    /// </summary>
    public virtual ValueTask RestartStoreAsync() => ValueTask.CompletedTask;

    /// <summary>
    /// What <see cref="HistoryConformance"/> has happen to the store while engines use it: a restart, unless told. Processes that are
    /// killed or stopped, networks that are parted, failovers: the more, the more is proven.
    /// </summary>
    public virtual IReadOnlyList<StoreFault> Faults => [new StoreFault("a restart", RestartStoreAsync)];

    /// <summary>Makes the store, if <see cref="OpenAsync"/> does not.</summary>
    public virtual ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Removes the store.</summary>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
