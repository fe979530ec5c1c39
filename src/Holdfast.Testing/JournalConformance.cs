using Xunit;

namespace Holdfast.Testing;

/// <summary>Journals: every event once, in order, from any position, and a gap told where retention made one.</summary>
public abstract class JournalConformance(EngineFixture fixture) : EngineConformance(fixture)
{
    [Fact]
    public async Task Events_are_told_in_order_with_their_commits_revision()
    {
        var from = new JournalPosition(await RevisionAsync(), int.MaxValue);
        var first = await CommitAsync(new Commit(RecordChange.Update(Thing())) { Events = [new("a", Utf8("1")), new("b", Utf8("2"))] });
        await CommitAsync(RecordChange.Update(Thing()));
        var second = await CommitAsync(new Commit(RecordChange.Update(Thing())) { Events = [new("c", ReadOnlyMemory<byte>.Empty)] });

        var page = await Engine.ReadJournalAsync(Partition, from);
        Assert.Equal(
            [new(first.At.Revision, 0), new(first.At.Revision, 1), new JournalPosition(second.At.Revision, 0)],
            page.Events.Select(static item => item.Position));
        Assert.Equal(["a", "b", "c"], page.Events.Select(static item => item.Type));
        Assert.Equal([Utf8("1"), Utf8("2"), []], page.Events.Select(static item => item.Payload.ToArray()));
        Assert.All(page.Events, static item => Assert.InRange(item.Time.Year, 2000, 2999));
        Assert.False(page.HasGap);
        Assert.Equal(second.At, page.At);
    }

    [Fact]
    public async Task Types_and_payloads_are_any_text_and_bytes()
    {
        var from = new JournalPosition(await RevisionAsync(), int.MaxValue);
        byte[] everyByte = [.. Enumerable.Range(0, 256).Select(static number => (byte)number)];
        await CommitAsync(new Commit { Affinity = Affinity, Events = [new("ä\r\n漢 {x}", everyByte)] });

        var told = Assert.Single((await Engine.ReadJournalAsync(Partition, from)).Events);
        Assert.Equal("ä\r\n漢 {x}", told.Type);
        Assert.Equal(everyByte, told.Payload.ToArray());
    }

    [Fact]
    public async Task Events_alone_are_a_commit_with_a_revision()
    {
        var before = await RevisionAsync();
        var made = await CommitAsync(new Commit { Affinity = Affinity, Events = [new("told", Utf8("1"))] });

        Assert.True(made.At.Revision > before);
        Assert.Equal(made.At.Revision, await RevisionAsync());
        Assert.Empty(made.Records);
    }

    [Fact]
    public async Task Reading_goes_on_after_any_position_with_nothing_missed_or_repeated()
    {
        var from = new JournalPosition(await RevisionAsync(), int.MaxValue);
        for (var i = 0; i < 8; i++)
        {
            await CommitAsync(new Commit { Affinity = Affinity, Events = [new("told", Utf8($"{i}a")), new("told", Utf8($"{i}b")), new("told", Utf8($"{i}c"))] });
        }

        var all = (await Engine.ReadJournalAsync(Partition, from)).Events;
        Assert.Equal(24, all.Count);
        for (var i = 0; i < all.Count; i++)
        {
            var rest = (await Engine.ReadJournalAsync(Partition, all[i].Position)).Events;
            Assert.Equal(all.Skip(i + 1).Select(static item => item.Position), rest.Select(static item => item.Position));
        }
    }

    [Fact]
    public async Task Pages_hold_as_many_events_as_asked_for()
    {
        var position = new JournalPosition(await RevisionAsync(), int.MaxValue);
        for (var i = 0; i < 5; i++)
        {
            await CommitAsync(new Commit { Affinity = Affinity, Events = [new("told", Utf8($"{2 * i}")), new("told", Utf8($"{(2 * i) + 1}"))] });
        }

        var told = new List<string>();
        foreach (var expected in new[] { 3, 3, 3, 1, 0 })
        {
            var page = await Engine.ReadJournalAsync(Partition, position, 3);
            Assert.Equal(expected, page.Events.Count);
            told.AddRange(page.Events.Select(static item => System.Text.Encoding.UTF8.GetString(item.Payload.Span)));
            position = page.Events.Count > 0 ? page.Events[^1].Position : position;
        }

        Assert.Equal(Enumerable.Range(0, 10).Select(static i => $"{i}"), told);
    }

    [Fact]
    public async Task A_page_of_a_hundred_events_holds_them_however_large_they_are()
    {
        var from = new JournalPosition(await RevisionAsync(), int.MaxValue);
        NewEvent[] events = [.. Enumerable.Repeat(new NewEvent("e", new byte[StateLimits.MaxEventBytes - 1]), 15)];
        for (var i = 0; i < 7; i++)
        {
            await CommitAsync(new Commit { Affinity = Affinity, Events = events });
        }

        var page = await Engine.ReadJournalAsync(Partition, from, 100);
        Assert.Equal(100, page.Events.Count);
        Assert.Equal(5, (await Engine.ReadJournalAsync(Partition, page.Events[^1].Position, 100)).Events.Count);
    }

    [Fact]
    public async Task The_journals_end_is_an_empty_page_at_the_partitions_moment()
    {
        await CommitAsync(new Commit { Affinity = Affinity, Events = [new("told", Utf8("1"))] });
        var made = await CommitAsync(RecordChange.Update(Thing()));

        foreach (var revision in new[] { made.At.Revision, made.At.Revision + 1000 })
        {
            var page = await Engine.ReadJournalAsync(Partition, new JournalPosition(revision, 0));
            Assert.Empty(page.Events);
            Assert.False(page.HasGap);
            Assert.Equal(made.At, page.At);
        }
    }

    [Fact]
    public async Task Each_partition_has_its_own_journal()
    {
        var other = Engine.Partitions.Pin((Partition + 1) % Engine.Partitions.Count, Unique());
        var from = new JournalPosition(await RevisionAsync(), int.MaxValue);
        await CommitAsync(new Commit { Affinity = other, Events = [new("elsewhere", Utf8("1"))] });
        await CommitAsync(new Commit { Affinity = Affinity, Events = [new("here", Utf8("1"))] });

        Assert.Equal("here", Assert.Single((await Engine.ReadJournalAsync(Partition, from)).Events).Type);
    }

    [Fact]
    public async Task A_reader_never_misses_an_event_of_writers_at_work()
    {
        var position = new JournalPosition(await RevisionAsync(), int.MaxValue);
        var elsewhere = await ElsewhereAsync();
        const int Writers = 4, Each = 25;
        var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(async writer =>
        {
            for (var i = 0; i < Each; i++)
            {
                await CommitAsync(new Commit { Affinity = Affinity, Events = [new($"{writer}", Utf8($"{i}")), new("between", default)], Durability = Durability.Memory });
            }
        }));

        var told = new List<JournalEvent>();
        await EventuallyAsync(
            async () =>
            {
                var page = await elsewhere.ReadJournalAsync(Partition, position, 7);
                told.AddRange(page.Events);
                position = page.Events.Count > 0 ? page.Events[^1].Position : position;
                return page.Events.Count == 0 && writing.IsCompleted;
            },
            "the reader reaches the journal's end");
        await writing;

        Assert.Equal(2 * Writers * Each, told.Count);
        Assert.Equal(told.Select(static item => item.Position).Order(), told.Select(static item => item.Position));
        for (var writer = 0; writer < Writers; writer++)
        {
            var own = told.Where(item => item.Type == $"{writer}").Select(static item => System.Text.Encoding.UTF8.GetString(item.Payload.Span));
            Assert.Equal(Enumerable.Range(0, Each).Select(static i => $"{i}"), own);
        }
    }

    [Fact]
    public async Task The_oldest_events_over_the_limit_are_trimmed_and_told_as_a_gap()
    {
        var before = await RevisionAsync();
        NewEvent[] events = [.. Enumerable.Repeat(new NewEvent("e", default), StateLimits.MaxEventsPerCommit)];
        var first = await CommitAsync(new Commit { Affinity = Affinity, Events = events });
        var lanes = Enumerable.Range(0, 16).Select(async _ =>
        {
            for (var i = 0; i < (StateLimits.JournalMaxEvents / StateLimits.MaxEventsPerCommit / 16) + 1; i++)
            {
                await CommitAsync(new Commit { Affinity = Affinity, Events = events, Durability = Durability.Memory });
            }
        });
        await Task.WhenAll(lanes);

        var page = await Engine.ReadJournalAsync(Partition, new JournalPosition(before, int.MaxValue), 1000);
        Assert.True(page.HasGap);
        Assert.True(page.Events[0].Position.Revision > first.At.Revision);
        Assert.False((await Engine.ReadJournalAsync(Partition, page.Events[0].Position)).HasGap);

        var kept = 0;
        for (; page.Events.Count > 0; page = await Engine.ReadJournalAsync(Partition, page.Events[^1].Position, 1000))
        {
            kept += page.Events.Count;
        }

        Assert.InRange(kept, StateLimits.JournalMaxEvents * 9 / 10, StateLimits.JournalMaxEvents);
    }
}
