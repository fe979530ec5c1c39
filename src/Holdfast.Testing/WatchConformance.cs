using Xunit;

namespace Holdfast.Testing;

/// <summary>Watches: no change is missed, whoever made it, and a read after the wait sees it.</summary>
public abstract class WatchConformance(EngineFixture fixture) : EngineConformance(fixture)
{
    [Fact]
    public async Task Creation_change_and_removal_of_a_record_end_a_wait()
    {
        await using var watch = await Engine.WatchAsync(Thing());
        var elsewhere = await ElsewhereAsync();

        await elsewhere.CommitAsync(new Commit(RecordChange.Update(Thing()).Set("x", "1")));
        await SeesAsync(watch, static record => record?.Text("x") == "1");
        await elsewhere.CommitAsync(new Commit(RecordChange.Update(Thing()).Set("x", "2")));
        await SeesAsync(watch, static record => record?.Text("x") == "2");
        await elsewhere.CommitAsync(new Commit(RecordChange.Delete(Thing())));
        await SeesAsync(watch, static record => record is null);
    }

    [Fact]
    public async Task A_touch_ends_a_wait()
    {
        await CommitAsync(RecordChange.Update(Thing()).Set("x", "1"));
        await using var watch = await Engine.WatchAsync(Thing());
        var elsewhere = await ElsewhereAsync();

        await elsewhere.CommitAsync(new Commit(RecordChange.Keep(Thing()).ExpireAfter(TimeSpan.FromHours(1))));
        await SeesAsync(watch, static record => record?.Deadline is not null);
    }

    [Fact]
    public async Task An_expiry_ends_a_wait()
    {
        await using var watch = await Engine.WatchAsync(Thing());
        var lifetime = TimeSpan.FromMilliseconds(100);
        do
        {
            // What ends this wait is that the record was made: whoever sees it alive behind it has the expiry before them.
            Assert.True(lifetime < Fixture.Patience, "No record is seen before it expires.");
            await CommitAsync(RecordChange.Update(Thing()).Set("x", "1").ExpireAfter(lifetime));
            await InTimeAsync(watch.WaitAsync());
            lifetime *= 2;
        }
        while (await ReadAsync(Thing()) is null);

        await SeesAsync(watch, static record => record is null);
    }

    [Fact]
    public async Task The_engines_own_commits_end_its_waits_too()
    {
        await using var watch = await Engine.WatchAsync(Thing());
        for (var i = 0; i < 5; i++)
        {
            await CommitAsync(RecordChange.Update(Thing()).Set("x", $"{i}"));
            await SeesAsync(watch, record => record?.Text("x") == $"{i}");
        }
    }

    [Fact]
    public async Task A_change_between_two_waits_is_not_missed()
    {
        await using var watch = await Engine.WatchAsync(Thing());
        var elsewhere = await ElsewhereAsync();
        await elsewhere.CommitAsync(new Commit(RecordChange.Update(Thing()).Add("n", 1)));
        await SeesAsync(watch, static record => record?.Counter("n") == 1);

        for (var i = 2; i <= 50; i++)
        {
            await elsewhere.CommitAsync(new Commit(RecordChange.Update(Thing()).Add("n", 1)) { Durability = Durability.Memory });
            var expected = i;
            await SeesAsync(watch, record => record?.Counter("n") == expected);
        }
    }

    [Fact]
    public async Task Many_changes_may_be_one_wait_and_the_last_is_seen()
    {
        await using var watch = await Engine.WatchAsync(Thing());
        var elsewhere = await ElsewhereAsync();
        foreach (var total in new[] { 100, 200 })
        {
            var writing = Task.WhenAll(Enumerable.Range(0, 100).Select(_ =>
                elsewhere.CommitAsync(new Commit(RecordChange.Update(Thing()).Add("n", 1)) { Durability = Durability.Memory }).AsTask()));
            await SeesAsync(watch, record => record?.Counter("n") == total);
            await writing;
        }
    }

    [Fact]
    public async Task Every_watch_of_a_record_is_told()
    {
        await using var one = await Engine.WatchAsync(Thing());
        await using (await Engine.WatchAsync(Thing()))
        {
            await using var other = await Engine.WatchAsync(Thing("other"));
            await CommitAsync(RecordChange.Update(Thing("other")).Set("x", "0"));
            await SeesAsync(other, static record => record?.Text("x") == "0", "other");
        }

        await using var two = await Engine.WatchAsync(Thing());
        await CommitAsync(RecordChange.Update(Thing()).Set("x", "1"));
        await SeesAsync(one, static record => record?.Text("x") == "1");
        await SeesAsync(two, static record => record?.Text("x") == "1");
    }

    [Fact]
    public async Task Every_commit_with_a_revision_ends_a_wait_on_the_partitions_head()
    {
        await using var watch = await Engine.WatchAsync(Partition);
        var elsewhere = await ElsewhereAsync();
        Commit[] commits =
        [
            new(RecordChange.Update(Thing("a"))),
            new(RecordChange.Delete(Thing("a"))),
            new() { Affinity = Affinity, Events = [new("told", Utf8("1"))] },
        ];
        foreach (var commit in commits)
        {
            var made = await elsewhere.CommitAsync(commit);
            do
            {
                await InTimeAsync(watch.WaitAsync());
            }
            while ((await Engine.ReadHeadAsync(Partition)).Revision < made.At.Revision);
        }
    }

    [Fact]
    public async Task Disposing_the_engine_ends_its_waits()
    {
        var engine = Engine.Capabilities.IsShared ? await OpenAsync() : Engine;
        var watch = await engine.WatchAsync(Thing());
        var wait = watch.WaitAsync().AsTask();
        await engine.DisposeAsync();

        await InTimeAsync(Assert.ThrowsAsync<ObjectDisposedException>(() => wait));
    }

    [Fact]
    public async Task A_cancelled_wait_leaves_the_watch_at_work()
    {
        await using var watch = await Engine.WatchAsync(Thing());
        using var cancelled = new CancellationTokenSource();
        var wait = watch.WaitAsync(cancelled.Token).AsTask();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);

        await CommitAsync(RecordChange.Update(Thing()).Set("x", "1"));
        await SeesAsync(watch, static record => record?.Text("x") == "1");
    }

    /// <summary>Waits at least once, and until a read shows it: a wait may end for nothing, but not fail to end.</summary>
    private async Task SeesAsync(Watch watch, Func<Record?, bool> shows, string? id = null)
    {
        do
        {
            await InTimeAsync(watch.WaitAsync());
        }
        while (!shows(await ReadAsync(Thing(id))));
    }
}
