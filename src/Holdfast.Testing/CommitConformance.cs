using Xunit;

namespace Holdfast.Testing;

/// <summary>Commits: all of one appears at once, at one revision, or none of it does.</summary>
public abstract class CommitConformance(EngineFixture fixture) : EngineConformance(fixture)
{
    [Fact]
    public async Task A_commit_changes_all_its_records_at_one_revision()
    {
        await CommitAsync(RecordChange.Update(Thing("gone")));
        var made = await CommitAsync(
            RecordChange.Update(Thing("a")).Set("x", "1"), RecordChange.Update(Thing("b")).Set("x", "2"), RecordChange.Delete(Thing("gone")));

        var readings = await Engine.ReadManyAsync([Thing("a"), Thing("b"), Thing("gone")]);
        Assert.Equal(["1", "2", null], readings.Select(static reading => reading.Record?.Text("x")));
        Assert.Equal([made.At.Revision, made.At.Revision, null], readings.Select(static reading => reading.Record?.Revision));
        Assert.All(readings, reading => Assert.Equal(made.At, reading.At));
    }

    [Fact]
    public async Task Each_commit_has_a_higher_revision_than_the_one_before()
    {
        var last = await RevisionAsync();
        for (var i = 0; i < 20; i++)
        {
            var made = (await CommitAsync(RecordChange.Update(Thing($"{i % 3}")).Add("n", 1))).At;
            Assert.Equal(Partition, made.Partition);
            Assert.True(made.Revision > last);
            last = made.Revision;
        }

        Assert.Equal(last, await RevisionAsync());
    }

    [Fact]
    public async Task The_result_tells_each_record_after_the_commit()
    {
        var birth = (await CommitAsync(RecordChange.Update(Thing("old")).Set("x", "1").Set("y", "1"), RecordChange.Update(Thing("gone")))).At.Revision;
        var result = await CommitAsync(
            RecordChange.Delete(Thing("gone")),
            RecordChange.Update(Thing("old")).Set("x", "2"),
            RecordChange.Delete(Thing("never-there")),
            RecordChange.Keep(Thing("none")),
            RecordChange.Update(Thing("fresh")).Add("n", 7));

        Assert.False(result.IsReplay);
        Assert.Null(result.Refusal);
        Assert.Equal([null, "2", null, null, null], result.Records.Select(static record => record?.Text("x")));
        Assert.Equal([null, birth, null, null, result.At.Revision], result.Records.Select(static record => record?.Birth));
        Assert.Equal("1", result.Records[1]!.Text("y"));
        Assert.Equal(7, result.Records[4]!.Counter("n"));
    }

    [Fact]
    public async Task A_refused_commit_changes_nothing()
    {
        var made = await CommitAsync(RecordChange.Update(Thing("a")).Set("x", "1"), RecordChange.Update(Thing("b")));
        var result = await Engine.CommitAsync(new Commit(
            RecordChange.Update(Thing("a")).Set("x", "2").ExpireAfter(TimeSpan.FromHours(1)),
            RecordChange.Update(Thing("c")),
            RecordChange.Delete(Thing("b")),
            RecordChange.Keep(Thing("d")).When(Condition.Exists)) { Events = [new("told", Utf8("never"))] });

        Assert.Equal(CommitOutcome.Refused, result.Outcome);
        Assert.Equal(made.At.Revision, await RevisionAsync());
        var record = await ExistingAsync(Thing("a"));
        Assert.Equal("1", record.Text("x"));
        Assert.Null(record.Deadline);
        Assert.NotNull(await ReadAsync(Thing("b")));
        Assert.Null(await ReadAsync(Thing("c")));
        var page = await Engine.ReadJournalAsync(Partition, new JournalPosition(made.At.Revision, int.MaxValue));
        Assert.Empty(page.Events);
    }

    [Fact]
    public async Task A_commit_that_only_keeps_records_takes_no_revision()
    {
        var made = await CommitAsync(RecordChange.Update(Thing()).Set("x", "1"));
        var kept = await CommitAsync(RecordChange.Keep(Thing()).ExpireAfter(TimeSpan.FromHours(1)), RecordChange.Keep(Thing("none")).NeverExpire());

        Assert.Equal(made.At, kept.At);
        Assert.Equal(made.At.Revision, await RevisionAsync());
        Assert.Equal(made.At.Revision, (await ExistingAsync(Thing())).Revision);
        Assert.Null(await ReadAsync(Thing("none")));
    }

    [Fact]
    public async Task Removing_what_is_absent_takes_no_revision()
    {
        var before = await RevisionAsync();
        var result = await CommitAsync(RecordChange.Delete(Thing()));

        Assert.Equal(before, result.At.Revision);
        Assert.Equal(before, await RevisionAsync());
    }

    [Fact]
    public async Task An_update_without_operations_makes_an_empty_record_and_takes_a_revision()
    {
        var first = await CommitAsync(RecordChange.Update(Thing()));
        var second = await CommitAsync(RecordChange.Update(Thing()));

        var record = await ExistingAsync(Thing());
        Assert.Empty(record.Fields);
        Assert.Equal((first.At.Revision, second.At.Revision), (record.Birth, record.Revision));
        Assert.True(second.At.Revision > first.At.Revision);
    }

    [Fact]
    public async Task Removing_is_a_change_with_a_revision_of_its_own()
    {
        var made = await CommitAsync(RecordChange.Update(Thing()));
        var removed = await CommitAsync(RecordChange.Delete(Thing()));

        Assert.True(removed.At.Revision > made.At.Revision);
        Assert.Equal(removed.At, (await Engine.ReadAsync(Thing())).At);
    }

    [Fact]
    public async Task Every_level_of_durability_is_acknowledged_and_readable()
    {
        foreach (var level in Enum.GetValues<Durability>())
        {
            await CommitAsync(new Commit(RecordChange.Update(Thing()).Set("level", level.ToString())) { Durability = level });
            Assert.Equal(level.ToString(), (await ExistingAsync(Thing())).Text("level"));
        }
    }

    [Fact]
    public async Task As_many_records_and_events_as_a_commit_takes_are_made_together()
    {
        var changes = Enumerable.Range(0, StateLimits.MaxRecordsPerCommit).Select(i => RecordChange.Update(Thing($"{i}")).Set("own", $"{i}"));
        var events = Enumerable.Range(0, StateLimits.MaxEventsPerCommit).Select(i => new NewEvent("told", Utf8($"{i}")));
        var made = await CommitAsync(new Commit([.. changes]) { Events = [.. events] });

        Assert.Equal(Enumerable.Range(0, StateLimits.MaxRecordsPerCommit).Select(static i => $"{i}"), made.Records.Select(static record => record?.Text("own")));
        var page = await Engine.ReadJournalAsync(Partition, new JournalPosition(made.At.Revision - 1, int.MaxValue));
        Assert.Equal(StateLimits.MaxEventsPerCommit, page.Events.Count);
    }

    [Fact]
    public async Task Another_engine_sees_what_was_acknowledged()
    {
        var elsewhere = await ElsewhereAsync();
        for (var i = 0; i < 20; i++)
        {
            var made = await CommitAsync(RecordChange.Update(Thing()).Set("x", $"{i}"));
            var reading = await elsewhere.ReadAsync(Thing());
            Assert.Equal($"{i}", reading.Record?.Text("x"));
            Assert.True(reading.At.Revision >= made.At.Revision);
        }
    }
}
