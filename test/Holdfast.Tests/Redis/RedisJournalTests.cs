using Holdfast.TestServers;

namespace Holdfast.Tests.Redis;

public sealed class RedisJournalTests : IAsyncLifetime
{
    private RedisServer server = null!;
    private RedisEngine engine = null!;

    public async ValueTask InitializeAsync()
    {
        server = await RedisServer.StartAsync();
        engine = await RedisEngine.OpenAsync(server.ConnectionString, new StateEngineOptions { CommitTimeout = TimeSpan.FromSeconds(60) });
    }

    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Beyond_its_number_of_events_the_oldest_are_trimmed_and_a_reader_sees_the_gap()
    {
        const int Commits = (StateLimits.JournalMaxEvents / StateLimits.MaxEventsPerCommit) + 10;
        await AppendAsync(Commits, StateLimits.MaxEventsPerCommit, payloadBytes: 0);
        var partition = engine.Partitions.PartitionOf("room");
        var first = await engine.ReadJournalAsync(partition, JournalPosition.Start, 1);

        Assert.True(first.HasGap);
        Assert.Equal(new JournalPosition(11, 0), first.Events[0].Position);
        Assert.False((await engine.ReadJournalAsync(partition, new JournalPosition(10, StateLimits.MaxEventsPerCommit - 1), 1)).HasGap);
        Assert.Equal($":{StateLimits.JournalMaxEvents}", await server.CommandAsync("XLEN", Key(partition)));
    }

    [Fact]
    public async Task Beyond_its_bytes_the_oldest_events_are_trimmed()
    {
        const int Kept = (int)(StateLimits.JournalMaxBytes / StateLimits.MaxEventBytes);
        await AppendAsync(Kept + 20, eventsEach: 1, payloadBytes: StateLimits.MaxEventBytes - 1);
        var partition = engine.Partitions.PartitionOf("room");

        Assert.Equal($":{Kept}", await server.CommandAsync("XLEN", Key(partition)));
        Assert.Equal(21, (await engine.ReadJournalAsync(partition, JournalPosition.Start, 1)).Events[0].Position.Revision);
    }

    [Fact]
    public async Task A_journal_of_large_events_is_read_to_its_end_in_pages_that_end_early()
    {
        await AppendAsync(120, eventsEach: 1, payloadBytes: 250_000);
        var partition = engine.Partitions.PartitionOf("room");
        var after = JournalPosition.Start;
        var read = 0;
        var pages = 0;
        for (JournalPage page; (page = await engine.ReadJournalAsync(partition, after, 1000)).Events.Count > 0; pages++)
        {
            Assert.False(page.HasGap);
            Assert.All(page.Events, item => Assert.Equal(250_000, item.Payload.Length));
            read += page.Events.Count;
            after = page.Events[^1].Position;
        }

        Assert.Equal(120, read);
        Assert.True(pages > 1);
    }

    private async Task AppendAsync(int commits, int eventsEach, int payloadBytes)
    {
        var events = Enumerable.Repeat(new NewEvent("x", new byte[payloadBytes]), eventsEach).ToArray();
        foreach (var step in Enumerable.Range(0, commits).Chunk(32))
        {
            await Task.WhenAll(step.Select(_ => engine.CommitAsync(new Commit { Affinity = "room", Events = events }).AsTask()));
        }
    }

    private string Key(int partition) => $"hf:{{{engine.Partitions.TagOf(partition)}}}:@journal";
}
