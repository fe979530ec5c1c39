using Holdfast.Embedded;
using Holdfast.TestServers;

namespace Holdfast.Tests.Embedded;

/// <summary>
/// Stores that earlier versions left behind when they were killed, kept in the folder Corpus, open for ever: in format 1, in format 2, and in format 2 with zeros
/// ahead of the log. Each was written to in two sessions, so that there are a snapshot and a log.
/// </summary>
public sealed class OldStoreTests
{
    private static readonly StateEngineOptions TwoPartitions = new() { PartitionCount = 2 };

    [Theory]
    [InlineData("format-1")]
    [InlineData("format-2")]
    [InlineData("format-2-written-ahead")]
    public async Task A_store_of_an_earlier_version_opens_with_all_that_it_held(string name)
    {
        using var store = new StoreCopy();
        foreach (var path in Directory.GetFiles(Path.Combine(Repository.Root, "test/Holdfast.Tests/Embedded/Corpus", name)))
        {
            File.Copy(path, store[Path.GetFileName(path)]);
        }

        Assert.True(EmbeddedFolder.Check(store.Folder).IsSound);
        for (var opening = 0; opening < 2; opening++)
        {
            await using var engine = await store.OpenAsync(TwoPartitions);
            for (var partition = 0; partition < TwoPartitions.PartitionCount; partition++)
            {
                await CheckAsync(engine, partition, openings: 3 + opening);
            }
        }

        Assert.DoesNotContain(store.Events, static told => told.Level >= EngineEventLevel.Warning);
        Assert.Equal(Manifest.CurrentVersion, Manifest.Load(StoreDisk.Machine, store.Folder)!.Version);
        Assert.True(EmbeddedFolder.Check(store.Folder).IsSound);
    }

    private static async Task CheckAsync(EmbeddedEngine engine, int partition, int openings)
    {
        var (a, b) = (engine.Partitions.Pin(partition, "a"), engine.Partitions.Pin(partition, "b"));
        var cart = (await engine.ReadAsync(new Address("cart", a))).Record!;
        Assert.Equal((2, "session 2", null, 1L), (cart.Counter("n"), cart.Text("text"), cart.Text("gone"), cart.Birth));
        foreach (var session in new[] { 1, 2 })
        {
            var order = (await engine.ReadAsync(new Address("order", a, $"{session}"))).Record!;
            Assert.Equal("12.50", order.Text("total"));
            Assert.True(order.TimeToLive(TimeProvider.System) > TimeSpan.Zero);
        }

        Assert.Null((await engine.ReadAsync(new Address("brief", b))).Record);
        Assert.Null((await engine.ReadAsync(new Address("deleted", b))).Record);

        // Each session made four commits that take a revision, the first with two events.
        var head = engine.Head(partition);
        Assert.Equal((8L, openings), (head.Revision, head.Terms.Count));
        Assert.Equal([0L, 4L, 8L], head.Terms.Take(3).Select(static term => term.FoundRevision));
        if (await FirstEventAsync(engine, partition) is { } told)
        {
            Assert.Equal(("ordered", new JournalPosition(1, 0)), (told.Type, told.Position));
        }
    }

    /// <summary>The first event of the journal; null once its time is over, which comes a day after the store was made.</summary>
    private static async Task<JournalEvent?> FirstEventAsync(EmbeddedEngine engine, int partition) =>
        (await engine.ReadJournalAsync(partition, JournalPosition.Start)).Events.FirstOrDefault(static item => item.Position.Revision == 1);
}
