using Holdfast.Embedded;

namespace Holdfast.Tests.Embedded;

/// <summary>What is particular to the embedded engine, and its face for the node.</summary>
public sealed class EmbeddedEngineTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly Address Thing = new("thing", "a");

    private readonly StoreCopy store = new();

    public void Dispose() => store.Dispose();

    [Fact]
    public async Task Setting_the_wall_clock_moves_no_expiry()
    {
        var clock = new SetClock();
        await using var engine = await store.OpenAsync(StoreCopy.OnePartition with { Clock = clock });
        await engine.CommitAsync(new Commit(RecordChange.Update(Thing).ExpireAfter(TimeSpan.FromHours(1))));
        clock.Step(TimeSpan.FromDays(400));
        Assert.NotNull((await engine.ReadAsync(Thing)).Record);
        clock.Step(TimeSpan.FromDays(-800));
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Null((await engine.ReadAsync(Thing)).Record);
    }

    [Fact]
    public async Task What_was_reaped_stays_removed_although_the_wall_clock_is_set_back()
    {
        var clock = new SetClock();
        var engine = await store.OpenAsync(StoreCopy.OnePartition with { Clock = clock });
        await engine.CommitAsync(new Commit(RecordChange.Update(Thing).ExpireAfter(TimeSpan.FromHours(1))));
        var reaped = new TaskCompletionSource();
        engine.TryObserve((_, address, origin) => (address == Thing && origin is null ? reaped : new()).TrySetResult());
        clock.Advance(TimeSpan.FromHours(1));
        await reaped.Task.WaitAsync(Patience);
        await engine.DisposeAsync();

        clock.Step(TimeSpan.FromHours(-2));
        await using var again = await store.OpenAsync(StoreCopy.OnePartition with { Clock = clock });
        Assert.Null((await again.ReadAsync(Thing)).Record);
    }

    [Fact]
    public async Task Observers_hear_of_visible_changes_with_their_origin()
    {
        await using var engine = await store.OpenAsync();
        var origin = new object();
        List<(Address?, object?, bool)> heard = [];
        engine.TryObserve((partition, address, from) =>
            heard.Add((address, from, engine.ReadAsync(Thing).AsTask().GetAwaiter().GetResult().Record is not null)));
        await engine.CommitAsync(new Commit(RecordChange.Update(Thing)), new CommitSender("client", 1, origin), null, default);
        await engine.CommitAsync(new Commit(RecordChange.Keep(Thing).ExpireAfter(TimeSpan.FromHours(1))));
        await engine.CommitAsync(new Commit(RecordChange.Delete(Thing)));
        Assert.Equal([(Thing, origin, true), (null, origin, true), (Thing, null, true), (Thing, null, false), (null, null, false)], heard);
    }

    [Fact]
    public async Task A_clients_number_is_remembered_and_one_behind_its_place_is_refused()
    {
        await using var engine = await store.OpenAsync();
        ValueTask<CommitVerdict> Count(long sequence) => engine.CommitAsync(
            new Commit(RecordChange.Update(Thing).Add("n", 1)), new CommitSender("client", sequence, null), null, default);
        for (var sequence = 1; sequence <= 65; sequence++)
        {
            Assert.False((await Count(sequence)).Result.IsReplay);
        }

        var replay = (await Count(2)).Result;
        Assert.Equal((true, 2L), (replay.IsReplay, replay.At.Revision));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Count(1));
        Assert.Equal(65, (await engine.ReadAsync(Thing)).Record!.Counter("n"));
    }

    [Fact]
    public async Task Kept_records_are_in_the_verdict_and_not_in_the_result()
    {
        await using var engine = await store.OpenAsync();
        await engine.CommitAsync(new Commit(RecordChange.Update(Thing)));
        var verdict = await engine.CommitAsync(new Commit(RecordChange.Keep(Thing)), default, null, default);
        Assert.Equal(1, Assert.Single(verdict.After)!.Revision);
        Assert.Null(Assert.Single(verdict.Result.Records));
    }

    [Fact]
    public async Task When_the_memory_of_request_ids_is_full_commits_that_need_it_are_refused_and_windows_kept()
    {
        await using var engine = await store.OpenAsync(settings: new EmbeddedSettings { MaxRequestBytes = 1000 });
        Commit Named(string id) => new(RecordChange.Update(Thing).Add("n", 1)) { Request = new RequestId(id) };
        var made = 0;
        await Assert.ThrowsAsync<StateFullException>(async () =>
        {
            while (made < 100)
            {
                await engine.CommitAsync(Named($"r{made}"));
                made++;
            }
        });

        Assert.InRange(made, 1, 10);
        for (var i = 0; i < made; i++)
        {
            Assert.True((await engine.CommitAsync(Named($"r{i}"))).IsReplay);
        }

        await engine.CommitAsync(new Commit(RecordChange.Update(Thing).Add("n", 1)));
        Assert.Equal(made + 1, (await engine.ReadAsync(Thing)).Record!.Counter("n"));
    }

    [Fact]
    public async Task A_disposed_engine_says_so_and_ends_its_watches()
    {
        var engine = await store.OpenAsync();
        var watch = await engine.WatchAsync(Thing);
        var wait = watch.WaitAsync().AsTask();
        await engine.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => wait.WaitAsync(Patience));
        await Assert.ThrowsAsync<StateUnavailableException>(async () => await engine.ReadAsync(Thing));
        await Assert.ThrowsAsync<StateUnavailableException>(async () => await engine.CommitAsync(new Commit(RecordChange.Update(Thing))));
    }

    [Fact]
    public async Task A_field_that_is_set_many_times_in_one_commit_is_logged_once()
    {
        await using var engine = await store.OpenAsync();
        var change = RecordChange.Update(Thing);
        for (var i = 0; i < 1000; i++)
        {
            change.Set("field", new[] { (byte)i });
        }

        await engine.CommitAsync(new Commit(change.Set("field", new byte[100_000])));
        Assert.InRange(store.ReadLog("log-000001").Length, 100_000, 200_000);
    }
}
