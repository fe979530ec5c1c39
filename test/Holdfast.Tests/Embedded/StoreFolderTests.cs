using Holdfast.Embedded;

namespace Holdfast.Tests.Embedded;

/// <summary>Which folders are taken for a store, and by whom.</summary>
public sealed class StoreFolderTests : IDisposable
{
    private static readonly Address Thing = new("thing", "a");

    private readonly StoreCopy store = new();

    public void Dispose() => store.Dispose();

    [Fact]
    public async Task Another_partition_count_is_refused_and_both_are_named()
    {
        await using (await store.OpenAsync(new StateEngineOptions { PartitionCount = 8 }))
        {
        }

        var fault = await Assert.ThrowsAsync<StateMismatchException>(() => store.OpenAsync(new StateEngineOptions { PartitionCount = 16 }));
        Assert.Contains("has 8 partitions and 16 were asked for", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_format_version_is_refused_with_the_remedy()
    {
        File.WriteAllText(store["manifest"], "holdfast-store 3\nunheard-of\n");
        var fault = await Assert.ThrowsAsync<StateMismatchException>(() => store.OpenAsync());
        Assert.Contains("storage format 3", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_opener_is_refused_and_told_who_is_first()
    {
        await using var engine = await store.OpenAsync();
        var fault = await Assert.ThrowsAsync<StateMismatchException>(() => store.OpenAsync());
        Assert.Contains($"in use by process {Environment.ProcessId}", fault.Message, StringComparison.Ordinal);
        await engine.CommitAsync(new Commit(RecordChange.Update(Thing)));
    }

    [Fact]
    public async Task A_folder_with_other_things_in_it_is_no_store()
    {
        File.WriteAllText(store["letter.txt"], "Dear");
        var fault = await Assert.ThrowsAsync<StateCorruptException>(() => store.OpenAsync());
        Assert.Contains("letter.txt", fault.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(store["manifest"]));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_told_with_the_remedy()
    {
        File.WriteAllText(store["file"], "");
        var fault = await Assert.ThrowsAsync<StateUnavailableException>(
            async () => await EmbeddedEngine.OpenAsync(store["file/folder"], StoreCopy.OnePartition));
        Assert.Contains("Make it writable", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_an_interrupted_creation_or_snapshot_left_behind_is_cleared()
    {
        File.WriteAllText(store["manifest.new"], "holdf");
        await using (var engine = await store.OpenAsync())
        {
            await engine.CommitAsync(new Commit(RecordChange.Update(Thing)));
        }

        File.WriteAllText(store["snapshot-000009"], "half a snapshot");
        File.WriteAllText(store["log-000009"], "half a log");
        await using var again = await store.OpenAsync();
        Assert.NotNull((await again.ReadAsync(Thing)).Record);
        Assert.Equal(
            ["holder", "lock", "log-000002", "manifest", "snapshot-000001", "synced"],
            Directory.GetFiles(store.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Snapshots_under_load_replace_the_log_and_lose_nothing()
    {
        const int Writers = 8;
        var settings = new EmbeddedSettings { MinLogBytes = 16 << 10 };
        var options = new StateEngineOptions { PartitionCount = 4 };
        var engine = await store.OpenAsync(options, settings);
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var counts = await Task.WhenAll(Enumerable.Range(0, Writers).Select(async writer =>
        {
            var count = 0;
            while (store.Events.Count(static told => told.Name == "SnapshotMade") < 3 && !enough.IsCancellationRequested)
            {
                await engine.CommitAsync(new Commit(RecordChange.Update(new Address("counter", $"w{writer}")).Add("n", 1))
                {
                    Events = [new NewEvent("counted", new byte[100])],
                    Durability = Durability.Written,
                });
                count++;
            }

            return count;
        }));
        Assert.False(enough.IsCancellationRequested, "Fewer than three snapshots in a minute.");

        await engine.DisposeAsync();
        await using var again = await store.OpenAsync(options);
        Assert.DoesNotContain(store.Events, static told => told.Level >= EngineEventLevel.Warning);
        for (var writer = 0; writer < Writers; writer++)
        {
            Assert.Equal(counts[writer], (await again.ReadAsync(new Address("counter", $"w{writer}"))).Record!.Counter("n"));
        }

        Assert.True(new FileInfo(store["manifest"]).Exists);
        Assert.Single(Directory.GetFiles(store.Folder, "log-*"));
    }
}
