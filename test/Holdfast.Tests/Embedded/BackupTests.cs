using Holdfast.Embedded;

namespace Holdfast.Tests.Embedded;

/// <summary>A store is copied while it is written to, and while snapshots replace its log.</summary>
public sealed class BackupTests : IDisposable
{
    private const int Writers = 8;
    private static readonly StateEngineOptions Options = new() { PartitionCount = 4 };
    private readonly StoreCopy store = new();

    public void Dispose() => store.Dispose();

    [Fact]
    public async Task Copies_of_a_store_under_load_open_and_hold_what_was_acknowledged_before()
    {
        using var enough = new CancellationTokenSource();
        await using var engine = await store.OpenAsync(Options, new EmbeddedSettings { MinLogBytes = 16 << 10 });
        var acknowledged = new long[Writers];
        var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested)
            {
                await engine.CommitAsync(CountOf(writer));
                Interlocked.Increment(ref acknowledged[writer]);
            }
        })));
        var snapshots = 0;
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        for (var backup = 0; backup < 10; backup++)
        {
            // Snapshots come and go between the copies.
            snapshots++;
            while (store.Events.Count(static told => told.Name == "SnapshotMade") < snapshots)
            {
                await Task.Delay(1, patience.Token);
            }

            long[] before = [.. acknowledged];
            using var copy = new StoreCopy();
            var report = EmbeddedFolder.BackUp(store.Folder, copy.Folder);
            Assert.True(report.IsSound);
            await AssertHoldsAsync(copy, before, acknowledged);
        }

        await enough.CancelAsync();
        await writing;
    }

    [Fact]
    public async Task A_restored_copy_tells_that_it_has_lost_what_came_after_it()
    {
        using var copy = new StoreCopy();
        Stamp before;
        Stamp after;
        await using (var engine = await store.OpenAsync())
        {
            before = (await engine.CommitAsync(CountOf(0))).At;
            EmbeddedFolder.BackUp(store.Folder, copy.Folder);
            after = (await engine.CommitAsync(CountOf(0))).At;
        }

        await using var restored = await copy.OpenAsync();
        Assert.Equal((true, false), (restored.Head(0).Contains(before), restored.Head(0).Contains(after)));
    }

    [Fact]
    public async Task A_target_that_is_not_empty_and_a_folder_without_a_store_are_refused()
    {
        using var target = new StoreCopy();
        Assert.Throws<StateCorruptException>(() => EmbeddedFolder.BackUp(store.Folder, target.Folder));
        await using var engine = await store.OpenAsync();
        File.WriteAllText(target["letter.txt"], "Dear");
        var fault = Assert.Throws<StateMismatchException>(() => EmbeddedFolder.BackUp(store.Folder, target.Folder));
        Assert.Contains("is not empty", fault.Message, StringComparison.Ordinal);
        Assert.Equal(["letter.txt"], Directory.GetFiles(target.Folder).Select(Path.GetFileName));
    }

    private static Commit CountOf(int writer) =>
        new(RecordChange.Update(new Address("left", $"w{writer}")).Add("n", 1).Set("filler", new byte[200]), RecordChange.Update(new Address("right", $"w{writer}")).Add("n", 1));

    private static async Task AssertHoldsAsync(StoreCopy copy, long[] before, long[] after)
    {
        await using var engine = await copy.OpenAsync(Options);
        for (var writer = 0; writer < Writers; writer++)
        {
            var left = (await engine.ReadAsync(new Address("left", $"w{writer}"))).Record?.Counter("n") ?? 0;
            var right = (await engine.ReadAsync(new Address("right", $"w{writer}"))).Record?.Counter("n") ?? 0;
            Assert.Equal(left, right);
            Assert.InRange(left, before[writer], Volatile.Read(ref after[writer]) + 1);
        }
    }
}
