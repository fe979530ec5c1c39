using Xunit;

namespace Holdfast.Testing;

/// <summary>Terms and stamps: a partition knows its history, and tells when a stamp is no part of it.</summary>
public abstract class TermConformance(EngineFixture fixture) : EngineConformance(fixture)
{
    [Fact]
    public async Task A_head_tells_the_partitions_moment_before_and_after_its_commits()
    {
        var before = await Engine.ReadHeadAsync(Partition);
        Assert.Equal(Partition, before.Partition);
        var made = await CommitAsync(RecordChange.Update(Thing()));

        var after = await Engine.ReadHeadAsync(Partition);
        Assert.Equal(made.At, after.At);
        Assert.True(after.Revision > before.Revision);
    }

    [Fact]
    public async Task Every_answer_of_one_tenure_tells_the_same_term()
    {
        var made = await CommitAsync(new Commit(RecordChange.Update(Thing())) { Events = [new("told", default)] });
        Stamp[] stamps =
        [
            (await Engine.ReadAsync(Thing())).At,
            (await Engine.ReadManyAsync([Thing("none")]))[0].At,
            (await Engine.ReadJournalAsync(Partition, JournalPosition.Start)).At,
            (await Engine.ReadHeadAsync(Partition)).At,
            (await Engine.CommitAsync(new Commit(RecordChange.Keep(Thing()).When(Condition.Absent)))).At,
        ];
        Assert.All(stamps, stamp => Assert.Equal(made.At, stamp));
    }

    [Fact]
    public async Task A_stamp_of_the_partitions_history_is_contained_in_it()
    {
        var first = await CommitAsync(RecordChange.Update(Thing()));
        var second = await CommitAsync(RecordChange.Update(Thing()));

        var head = await Engine.ReadHeadAsync(Partition);
        Assert.True(head.Contains(first.At));
        Assert.True(head.Contains(second.At));
    }

    [Fact]
    public async Task A_stamp_from_beyond_the_partitions_history_is_lost()
    {
        var made = await CommitAsync(RecordChange.Update(Thing()));

        var head = await Engine.ReadHeadAsync(Partition);
        Assert.False(head.Contains(made.At with { Revision = made.At.Revision + 1 }));
        Assert.False(head.Contains(made.At with { Term = made.At.Term + 1 }));
        Assert.False(head.Contains(made.At with { Term = 1 }));
    }

    [Fact]
    public async Task A_restart_opens_a_higher_term_that_knows_where_the_last_one_ended()
    {
        var before = (await CommitAsync(RecordChange.Update(Thing()))).At;
        await RestartAsync();
        var after = (await CommitAsync(RecordChange.Update(Thing("other")))).At;

        var head = await Engine.ReadHeadAsync(Partition);
        Assert.True(after.Term > before.Term, $"The term was {before.Term} before the restart and {after.Term} after it.");
        Assert.Equal(after, head.At);
        Assert.True(head.Contains(after));
        Assert.True(head.Terms[^1].FoundRevision < after.Revision);
        Assert.False(head.Contains(before with { Revision = before.Revision + 1 }));
    }

    [Fact]
    public async Task What_a_restart_kept_or_lost_is_what_its_stamps_tell()
    {
        var made = await CommitAsync(RecordChange.Update(Thing()).Set("x", "1"));
        await RestartAsync();
        await CommitAsync(RecordChange.Update(Thing("other")));

        var head = await Engine.ReadHeadAsync(Partition);
        Assert.Equal(await ReadAsync(Thing()) is not null, head.Contains(made.At));
    }

    [Fact]
    public async Task An_engine_outlives_a_restart_of_a_store_that_is_not_its_own()
    {
        await CommitAsync(RecordChange.Update(Thing()).Set("x", "1"));
        if (!Engine.Capabilities.IsShared)
        {
            // The engine is the store: it ends with it, and another one finds what it kept.
            await RestartAsync();
            await CommitAsync(RecordChange.Update(Thing()).Set("x", "2"));
            return;
        }

        await Fixture.RestartStoreAsync();
        await EventuallyAsync(
            async () =>
            {
                try
                {
                    return (await Engine.CommitAsync(new Commit(RecordChange.Update(Thing()).Set("x", "2")))).IsCommitted;
                }
                catch (StateException fault) when (fault.IsTransient)
                {
                    return false;
                }
            },
            "commits are made again after the store's restart");
        Assert.Equal("2", (await ExistingAsync(Thing())).Text("x"));
    }
}
