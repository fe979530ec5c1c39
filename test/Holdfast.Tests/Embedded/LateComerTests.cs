using Holdfast.Embedded;

namespace Holdfast.Tests.Embedded;

/// <summary>Who comes just behind the end of the engine would wait for ever, so nobody is let in.</summary>
public sealed class LateComerTests : IDisposable
{
    private readonly StoreCopy store = new();

    public void Dispose() => store.Dispose();

    [Fact]
    public async Task Nobody_listens_after_the_end()
    {
        var hub = new SignalHub();
        var before = hub.Listen("news");
        await hub.EndAllAsync();

        Assert.Empty(await before.ReadAllAsync().ToListAsync());
        Assert.Throws<StateUnavailableException>(() => hub.Listen("news"));
    }

    [Fact]
    public void Nobody_watches_a_partition_that_is_closed()
    {
        var clock = new StoreClock(TimeProvider.System);
        using var segment = LogSegment.Create(StoreDisk.Machine, store.Folder, 1, salt: 1, firstSequence: 1);
        SyncedFile.Create(StoreDisk.Machine, store.Folder, 1, 0);
        using var log = new LogWriter(new LogFiles(StoreDisk.Machine, store.Folder, 1, segment, 0, clock), store.Events.Enqueue);
        using var memory = new StoreMemory(new StateEngineOptions());
        var partition = new EmbeddedPartition(new PartitionState(0, clock, new RequestMemory(RequestMemory.DefaultMaxBytes), memory), log, static _ => null);
        partition.Close();

        Assert.Throws<StateUnavailableException>(() => partition.Watch(null));
    }
}
