using Xunit;

namespace Holdfast.Testing;

/// <summary>Limits: reached exactly, never passed, and a commit that would pass one changes nothing.</summary>
public abstract class LimitConformance(EngineFixture fixture) : EngineConformance(fixture)
{
    [Fact]
    public async Task A_record_may_reach_its_limit_of_bytes_and_not_pass_it()
    {
        await CommitAsync(RecordChange.Update(Thing()).Set("ab", new byte[(StateLimits.MaxRecordBytes / 2) - 2]));
        await CommitAsync(RecordChange.Update(Thing()).Set("cd", new byte[(StateLimits.MaxRecordBytes / 2) - 2]));
        await FailsAsync(RecordChange.Update(Thing()).Set("e", ReadOnlyMemory<byte>.Empty));
        await FailsAsync(RecordChange.Update(Thing()).Set("cd", new byte[(StateLimits.MaxRecordBytes / 2) - 1]));

        await CommitAsync(RecordChange.Update(Thing()).Remove("ab").Set("ef", new byte[(StateLimits.MaxRecordBytes / 2) - 2]));
        Assert.Equal(["cd", "ef"], (await ExistingAsync(Thing())).Fields.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_record_may_reach_its_limit_of_fields_and_not_pass_it()
    {
        var change = RecordChange.Update(Thing());
        for (var i = 0; i < StateLimits.MaxFieldsPerRecord; i++)
        {
            change.Set($"{i}", "");
        }

        await CommitAsync(change);
        Assert.Equal(StateLimits.MaxFieldsPerRecord, (await ExistingAsync(Thing())).Fields.Count);
        await FailsAsync(RecordChange.Update(Thing()).Add("another", 1));
        await CommitAsync(RecordChange.Update(Thing()).Remove("0").Set("another", ""));
        Assert.Equal(StateLimits.MaxFieldsPerRecord, (await ExistingAsync(Thing())).Fields.Count);
    }

    [Fact]
    public async Task A_commit_over_a_limit_changes_none_of_its_records()
    {
        await CommitAsync(RecordChange.Update(Thing("full")).Set("x", new byte[StateLimits.MaxRecordBytes - 1]));
        var before = await RevisionAsync();
        var commit = new Commit(RecordChange.Update(Thing("other")).Set("x", "1"), RecordChange.Update(Thing("full")).Set("y", "1"))
        {
            Events = [new("told", Utf8("never"))],
            Request = new RequestId(Unique()),
        };

        await Assert.ThrowsAsync<StateLimitException>(async () => await Engine.CommitAsync(commit));
        Assert.Null(await ReadAsync(Thing("other")));
        Assert.Equal(before, await RevisionAsync());
        Assert.Empty((await Engine.ReadJournalAsync(Partition, new JournalPosition(before, int.MaxValue))).Events);

        await CommitAsync(RecordChange.Update(Thing("full")).Remove("x"));
        Assert.False((await CommitAsync(commit)).IsReplay);
    }

    [Fact]
    public async Task A_commit_may_nearly_reach_its_limit_of_bytes()
    {
        var value = new byte[StateLimits.MaxRecordBytes - 100];
        await CommitAsync([.. Enumerable.Range(0, 3).Select(i => RecordChange.Update(Thing($"{i}")).Set("x", value))]);
        await CommitAsync(new Commit(RecordChange.Update(Thing()).Set("x", "1"))
        {
            Events = [.. Enumerable.Range(0, 15).Select(static _ => new NewEvent("large", new byte[StateLimits.MaxEventBytes - 5]))],
        });

        Assert.Equal(value.Length, (await ExistingAsync(Thing("2")))["x"]!.Value.Length);
        Assert.Equal("1", (await ExistingAsync(Thing())).Text("x"));
    }

    [Fact]
    public async Task The_largest_event_is_told_whole()
    {
        var payload = new byte[StateLimits.MaxEventBytes - 4];
        Entropy.System.Fill(payload);
        var made = await CommitAsync(new Commit { Affinity = Affinity, Events = [new("told", payload)] });

        var page = await Engine.ReadJournalAsync(Partition, new JournalPosition(made.At.Revision - 1, int.MaxValue));
        Assert.Equal(payload, Assert.Single(page.Events).Payload.ToArray());
    }

    private async Task FailsAsync(RecordChange change)
    {
        var before = await ExistingAsync(change.Address);
        await Assert.ThrowsAsync<StateLimitException>(async () => await Engine.CommitAsync(new Commit(change)));
        Assert.Equal(before.Revision, (await ExistingAsync(change.Address)).Revision);
        Assert.Equal(before.Revision, await RevisionAsync());
    }
}
