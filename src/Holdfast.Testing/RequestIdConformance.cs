using Xunit;

namespace Holdfast.Testing;

/// <summary>Request ids: one effect, however often and by whomever a commit is sent.</summary>
public abstract class RequestIdConformance(EngineFixture fixture) : EngineConformance(fixture)
{
    private readonly string id = Unique();

    [Fact]
    public async Task A_commit_sent_again_takes_effect_once_and_tells_the_first_result()
    {
        var first = await CommitAsync(Counting());
        await CommitAsync(RecordChange.Update(Thing("other")));
        var again = await CommitAsync(Counting());

        Assert.False(first.IsReplay);
        Assert.True(again.IsReplay);
        Assert.Equal(first.At, again.At);
        Assert.Equal(1, (await ExistingAsync(Thing())).Counter("n"));
    }

    [Fact]
    public async Task A_replay_tells_the_records_as_they_are_now()
    {
        await CommitAsync(Counting());
        var changed = await CommitAsync(RecordChange.Update(Thing()).Set("later", "1"));
        var again = await CommitAsync(Counting());
        Assert.Equal("1", Assert.Single(again.Records)!.Text("later"));
        Assert.Equal(changed.At.Revision, again.Records[0]!.Revision);

        await CommitAsync(RecordChange.Delete(Thing()));
        Assert.Null(Assert.Single((await CommitAsync(Counting())).Records));
        Assert.Null(await ReadAsync(Thing()));
    }

    [Fact]
    public async Task Events_of_a_commit_sent_again_are_appended_once()
    {
        var commit = new Commit { Affinity = Affinity, Events = [new("told", Utf8("1"))], Request = new RequestId(id) };
        var first = await CommitAsync(commit);
        await CommitAsync(commit);

        var page = await Engine.ReadJournalAsync(Partition, new JournalPosition(first.At.Revision - 1, int.MaxValue));
        Assert.Single(page.Events);
    }

    [Fact]
    public async Task Another_commit_under_the_same_id_is_told_so_and_changes_nothing()
    {
        await CommitAsync(Counting());
        var revision = await RevisionAsync();
        var other = await Engine.CommitAsync(new Commit(RecordChange.Update(Thing()).Add("n", 2)) { Request = new RequestId(id) });

        Assert.Equal(CommitOutcome.DifferentCommit, other.Outcome);
        Assert.Null(other.Refusal);
        Assert.Empty(other.Records);
        Assert.Equal(1, (await ExistingAsync(Thing())).Counter("n"));
        Assert.Equal(revision, await RevisionAsync());
    }

    [Fact]
    public async Task Any_difference_makes_it_another_commit()
    {
        RecordChange Same() => RecordChange.Update(Thing()).When(Condition.FieldAbsent("never")).Set("x", "1").Add("n", 1).ExpireAfter(TimeSpan.FromHours(1));
        await CommitAsync(new Commit(Same()) { Request = new RequestId(id), Events = [new("told", Utf8("1"))] });

        NewEvent[] events = [new("told", Utf8("1"))];
        Commit[] others =
        [
            new(Same()) { Events = [new("told", Utf8("2"))] },
            new(Same()) { Events = [new("tol", Utf8("d1"))] },
            new(Same()),
            new(Same(), RecordChange.Keep(Thing("other"))) { Events = events },
            new(Same().NeverExpire()) { Events = events },
            new(Same().ExpireAfter(TimeSpan.FromHours(2))) { Events = events },
            new(Same().When(Condition.FieldAbsent("other"))) { Events = events },
            new(Same().Remove("y")) { Events = events },
            new(RecordChange.Delete(Thing())) { Events = events },
        ];
        foreach (var other in others)
        {
            var sent = new Commit(other.Changes) { Events = other.Events, Request = new RequestId(id) };
            Assert.Equal(CommitOutcome.DifferentCommit, (await Engine.CommitAsync(sent)).Outcome);
        }

        Assert.True((await CommitAsync(new Commit(Same()) { Request = new RequestId(id), Events = events })).IsReplay);
        Assert.Equal(1, (await ExistingAsync(Thing())).Counter("n"));
    }

    [Fact]
    public async Task A_fingerprint_of_the_callers_own_decides_instead_of_the_content()
    {
        Commit Of(long delta, string fingerprint) => new(RecordChange.Update(Thing()).Add("n", delta))
        {
            Request = new RequestId(id) { Fingerprint = fingerprint },
        };
        await CommitAsync(Of(1, "request"));

        Assert.True((await CommitAsync(Of(2, "request"))).IsReplay);
        Assert.Equal(CommitOutcome.DifferentCommit, (await Engine.CommitAsync(Of(1, "other request"))).Outcome);
        Assert.Equal(1, (await ExistingAsync(Thing())).Counter("n"));
    }

    [Fact]
    public async Task Steps_of_a_request_take_effect_once_each()
    {
        for (var round = 0; round < 2; round++)
        {
            foreach (var step in new[] { "", "a", "b" })
            {
                var made = await CommitAsync(new Commit(RecordChange.Update(Thing()).Add("n", 1)) { Request = new RequestId(id, step) });
                Assert.Equal(round == 1, made.IsReplay);
            }
        }

        Assert.Equal(3, (await ExistingAsync(Thing())).Counter("n"));
    }

    [Fact]
    public async Task Ids_and_steps_of_any_text_are_told_apart()
    {
        (string Id, string Step)[] requests =
        [
            ($"{id}:a", "b:c"), ($"{id}:a:b", "c"), ($"{id}:a", "b"), ($"{id}:", "a:b:c"), ($"{id} a\r\n{{b}}", ""), ($"{id} ä漢", "\0"),
            (id.PadRight(StateLimits.MaxRequestIdBytes, 'x'), new('s', StateLimits.MaxRequestIdBytes)),
            (id.PadRight(StateLimits.MaxRequestIdBytes, 'x'), new('s', StateLimits.MaxRequestIdBytes - 1)),
        ];
        foreach (var (request, step) in requests)
        {
            Assert.False((await CommitAsync(Counting(request, step))).IsReplay);
            Assert.True((await CommitAsync(Counting(request, step))).IsReplay);
        }

        Assert.Equal(requests.Length, (await ExistingAsync(Thing())).Counter("n"));
    }

    [Fact]
    public async Task Ids_are_remembered_for_each_partition_apart()
    {
        var count = Engine.Partitions.Count;
        foreach (var partition in new[] { 0, count / 2, count - 1 })
        {
            var address = new Address("thing", Engine.Partitions.Pin(partition, Affinity));
            var commit = new Commit(RecordChange.Update(address).Add("n", 1)) { Request = new RequestId(id) { Fingerprint = "same" } };
            Assert.False((await CommitAsync(commit)).IsReplay);
        }
    }

    [Fact]
    public async Task A_refused_commit_is_not_remembered()
    {
        var commit = new Commit(RecordChange.Update(Thing()).When(Condition.Exists).Add("n", 1)) { Request = new RequestId(id) };
        Assert.Equal(CommitOutcome.Refused, (await Engine.CommitAsync(commit)).Outcome);
        await CommitAsync(RecordChange.Update(Thing()));

        Assert.False((await CommitAsync(commit)).IsReplay);
        Assert.Equal(1, (await ExistingAsync(Thing())).Counter("n"));
    }

    [Fact]
    public async Task A_replay_does_not_ask_the_conditions_again()
    {
        var commit = new Commit(RecordChange.Update(Thing()).When(Condition.Absent).Add("n", 1)) { Request = new RequestId(id) };
        await CommitAsync(commit);
        Assert.True((await CommitAsync(commit)).IsReplay);
    }

    [Fact]
    public async Task An_id_is_forgotten_after_its_window_though_it_was_repeated()
    {
        var window = TimeSpan.FromMilliseconds(150);
        var commit = new Commit(RecordChange.Update(Thing()).Add("n", 1)) { Request = new RequestId(id) { Window = window } };
        await CommitAsync(commit);
        await EventuallyAsync(async () => !(await CommitAsync(commit)).IsReplay, "the commit takes effect again once the window has passed");
        Assert.Equal(2, (await ExistingAsync(Thing())).Counter("n"));
    }

    [Fact]
    public async Task A_commit_sent_many_times_at_once_takes_effect_once()
    {
        var elsewhere = await ElsewhereAsync();
        for (var round = 0; round < 5; round++)
        {
            var request = $"{id}-{round}";
            var results = await Task.WhenAll(Enumerable.Range(0, 16).Select(i =>
                (i % 2 == 0 ? Engine : elsewhere).CommitAsync(Counting(request)).AsTask()));

            Assert.All(results, static result => Assert.True(result.IsCommitted));
            Assert.Single(results, static result => !result.IsReplay);
            Assert.Single(results.Select(static result => result.At).Distinct());
        }

        Assert.Equal(5, (await ExistingAsync(Thing())).Counter("n"));
    }

    private Commit Counting(string? request = null, string step = "") =>
        new(RecordChange.Update(Thing()).Add("n", 1)) { Request = new RequestId(request ?? id, step) };
}
