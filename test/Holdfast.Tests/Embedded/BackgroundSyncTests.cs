using Holdfast.Embedded;
using Holdfast.TestServers;

namespace Holdfast.Tests.Embedded;

/// <summary>What was only written reaches the disk while others go on, however long that takes.</summary>
public sealed class BackgroundSyncTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly StoreCopy store = new();
    private readonly ManualResetEventSlim hold = new();
    private readonly TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Dispose()
    {
        hold.Dispose();
        store.Dispose();
    }

    [Fact]
    public async Task Commits_reads_and_snapshots_go_on_meanwhile()
    {
        await using (var engine = await OpenAsync(hold.Wait))
        {
            try
            {
                await CommitAsync(engine, "first", Durability.Written);
                await begun.Task.WaitAsync(Patience);
                var told = engine.LogFigures.Syncs;
                await CommitAsync(engine, "written", Durability.Written);
                Assert.NotNull((await engine.ReadAsync(new Address("a", "written"))).Record);
                Assert.Equal(told, engine.LogFigures.Syncs);
                await CommitAsync(engine, "synced", Durability.Synced);
                await Task.Factory.StartNew(engine.Checkpoint, TaskCreationOptions.LongRunning).WaitAsync(Patience);
                await CommitAsync(engine, "last", Durability.Written);
                Assert.Contains(store.Events, static item => item.Name == "SnapshotMade");
            }
            finally
            {
                hold.Set();
            }
        }

        await using var again = await store.OpenAsync();
        Assert.Equal(4, again.CountRecords());
    }

    [Fact]
    public async Task All_that_was_written_is_synchronised_in_the_end_and_told_so()
    {
        hold.Set();
        await using var engine = await OpenAsync(hold.Wait);
        using var patience = new CancellationTokenSource(Patience);
        for (var round = 0; round < 3; round++)
        {
            var syncs = engine.LogFigures.Syncs;
            await CommitAsync(engine, $"{round}", Durability.Written);
            while (engine.LogFigures.Syncs == syncs)
            {
                await Task.Delay(20, patience.Token);
            }

            AssertAllSynced(engine);
        }
    }

    [Fact]
    public async Task What_a_commit_only_finds_is_as_durable_as_it_asks_when_it_is_acknowledged()
    {
        await using var engine = await OpenAsync(hold.Wait);
        var thing = new Address("a", "thing");
        Task<CommitResult> SetAsync(Durability durability) => CommitAsync(
            engine, new Commit(RecordChange.Update(thing).Set("v", "1")) { Request = new RequestId("r", "s"), Durability = durability });
        Task<CommitResult> DeleteAsync(Durability durability) => CommitAsync(engine, new Commit(RecordChange.Delete(thing)) { Durability = durability });

        try
        {
            await SetAsync(Durability.Written);
            await begun.Task.WaitAsync(Patience);
            Assert.True((await SetAsync(Durability.Synced)).IsReplay);
            AssertAllSynced(engine);

            // Once more it costs nothing.
            var frames = engine.LogFigures.Frames;
            Assert.True((await SetAsync(Durability.Synced)).IsReplay);
            Assert.Equal(frames, engine.LogFigures.Frames);

            await DeleteAsync(Durability.Written);
            await DeleteAsync(Durability.Synced);
            AssertAllSynced(engine);

            // As a node's commands do, which decide on what they find.
            await SetAsync(Durability.Written);
            await DeleteAsync(Durability.Written);
            var found = engine.Begin(engine.Partitions.PartitionOf(thing), [new Removal(thing)], Durability.Synced, default);
            engine.Write();
            await found;
            AssertAllSynced(engine);
        }
        finally
        {
            hold.Set();
        }
    }

    /// <summary>A synchronising that fails ends writing, though nobody waited for it; what the log then holds is read at the next start.</summary>
    [Fact]
    public async Task One_that_fails_ends_writing_for_good()
    {
        await using (var engine = await OpenAsync(() =>
        {
            hold.Wait();
            throw new IOException("The disk is gone.");
        }))
        {
            try
            {
                await CommitAsync(engine, "first", Durability.Written);
                await begun.Task.WaitAsync(Patience);
                await CommitAsync(engine, "meanwhile", Durability.Written);
            }
            finally
            {
                hold.Set();
            }

            using var patience = new CancellationTokenSource(Patience);
            while (!store.Events.Any(static item => item.Name == "WritesEnded"))
            {
                await Task.Delay(20, patience.Token);
            }

            await Assert.ThrowsAsync<StateUnavailableException>(() => CommitAsync(engine, "never", Durability.Written));
            Assert.NotNull((await engine.ReadAsync(new Address("a", "meanwhile"))).Record);
        }

        await using var again = await store.OpenAsync();
        Assert.Equal(2, again.CountRecords());
    }

    private static Task<CommitResult> CommitAsync(EmbeddedEngine engine, string id, Durability durability) =>
        CommitAsync(engine, new Commit(RecordChange.Update(new Address("a", id)).Set("v", "1")) { Durability = durability });

    private static Task<CommitResult> CommitAsync(EmbeddedEngine engine, Commit commit) => engine.CommitAsync(commit).AsTask().WaitAsync(Patience);

    private void AssertAllSynced(EmbeddedEngine engine) =>
        Assert.Equal(engine.LogFigures.Frames, SyncedFile.Read(StoreDisk.Machine, store.Folder, Manifest.Load(StoreDisk.Machine, store.Folder)!.Salt));

    private Task<EmbeddedEngine> OpenAsync(Action beforeSync) => store.OpenAsync(settings: new EmbeddedSettings
    {
        Disk = new HeldDisk(() =>
        {
            begun.TrySetResult();
            beforeSync();
        }),
    });

    /// <summary>Removes a record if it is there.</summary>
    private sealed class Removal(Address address) : RecordDecision(address)
    {
        public override RecordChange? Decide(Record? newest) => newest is null ? null : RecordChange.Delete(Address);
    }
}
