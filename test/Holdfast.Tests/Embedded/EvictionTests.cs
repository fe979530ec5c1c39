using Holdfast.Embedded;
using Holdfast.TestServers;

namespace Holdfast.Tests.Embedded;

/// <summary>Over its memory limit, a store removes records of evictable kinds, those used least lately first; without any it refuses commits that let records grow.</summary>
public sealed class EvictionTests : IDisposable
{
    private const long Limit = 4 << 20;
    private const int ValueBytes = 2000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly StoreCopy store = new();
    private readonly SetClock clock = new();

    private StateEngineOptions Options => new() { PartitionCount = 4, MaxMemoryBytes = Limit, EvictableKinds = ["cache"], Clock = clock };

    public void Dispose() => store.Dispose();

    [Fact]
    public async Task What_was_not_used_lately_goes_first_and_durable_kinds_never()
    {
        await using var engine = await store.OpenAsync(Options);
        for (var i = 0; i < 500; i++)
        {
            await FillAsync(engine, "session", i);
        }

        for (var i = 0; i < 800; i++)
        {
            await FillAsync(engine, "cache", i);
        }

        // The first 400 are older than the others, but for those that were read since.
        clock.Advance(TimeSpan.FromMinutes(10));
        for (var i = 0; i < 800; i += i < 400 ? 4 : 1)
        {
            Assert.NotNull((await engine.ReadAsync(new Address("cache", $"{i}"))).Record);
        }

        clock.Advance(TimeSpan.FromMinutes(1));
        var made = 800;
        while (engine.MemoryFigures.UsedBytes <= Limit / 16 * 15 && engine.MemoryFigures.Evictions == 0)
        {
            await FillAsync(engine, "cache", made++);
        }

        await Until(() => engine.MemoryFigures.Evictions > 0 && engine.MemoryFigures.UsedBytes <= Limit / 16 * 15);
        var evicted = await EvictedAsync(engine, made);
        Assert.NotEmpty(evicted);
        Assert.All(evicted, static number => Assert.True(number < 400 && number % 4 != 0, $"cache/{number} was used lately and is gone."));
        Assert.Empty(await AbsentAsync(engine, "session", 500));
    }

    [Fact]
    public async Task A_cache_may_be_written_for_ever()
    {
        await using var engine = await store.OpenAsync(Options);
        var writes = Experiment.Count(20_000, 1_000_000);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            for (var i = writer; i < writes; i += 8)
            {
                await FillAsync(engine, "cache", i);
            }
        })));
        Assert.True(engine.MemoryFigures.Evictions > writes / 2, $"Only {engine.MemoryFigures.Evictions} were evicted.");
        await Until(() => engine.MemoryFigures.UsedBytes <= Limit);
        await Until(() => Assert.Single(engine.MemoryByKind()) is ("cache", var usage) && usage.Records == engine.CountRecords());
    }

    [Fact]
    public async Task Without_anything_to_evict_commits_that_grow_are_refused_and_others_are_made()
    {
        await using var engine = await store.OpenAsync(Options);
        var made = 0;
        var fault = await Assert.ThrowsAsync<StateFullException>(async () =>
        {
            for (; ; made++)
            {
                await FillAsync(engine, "session", made);
            }
        });

        Assert.Contains("MaxMemoryBytes", fault.Message, StringComparison.Ordinal);
        Assert.Contains("--max-memory", fault.Message, StringComparison.Ordinal);
        Assert.InRange(engine.MemoryFigures.UsedBytes, Limit * 9 / 10, Limit * 9 / 8);
        Assert.Empty(await AbsentAsync(engine, "session", made));
        Assert.Null((await engine.ReadAsync(new Address("session", $"{made}"))).Record);

        var first = new Address("session", "0");
        await engine.CommitAsync(new Commit(RecordChange.Update(first).Set("value", "short")));
        await engine.CommitAsync(new Commit(RecordChange.Keep(first).ExpireAfter(TimeSpan.FromHours(1))));
        for (var i = 1; i < 50; i++)
        {
            await engine.CommitAsync(new Commit(RecordChange.Delete(new Address("session", $"{i}"))));
        }

        await FillAsync(engine, "session", made);
        Assert.NotNull((await engine.ReadAsync(new Address("session", $"{made}"))).Record);
    }

    [Fact]
    public async Task What_was_evicted_stays_away_and_everything_else_is_there_after_a_crash()
    {
        await using var engine = await store.OpenAsync(Options, new EmbeddedSettings { MinLogBytes = 1 << 20 });
        for (var i = 0; i < 500; i++)
        {
            await FillAsync(engine, "session", i);
        }

        for (var i = 0; i < 4000; i++)
        {
            await FillAsync(engine, "cache", i);
        }

        // The log is short from here on, and so nothing replaces it by a snapshot while it is copied.
        engine.Checkpoint();
        var evictions = engine.MemoryFigures.Evictions;
        for (var i = 4000; i < 4300; i++)
        {
            await FillAsync(engine, "cache", i);
        }

        await Until(() => engine.MemoryFigures.UsedBytes <= Limit / 16 * 15 && engine.MemoryFigures.Evictions > evictions);
        using var copy = await CopyAtRestAsync(engine, 4300);
        await using var again = await copy.OpenAsync(Options);
        Assert.Equal(await AbsentAsync(engine, "cache", 4300), await AbsentAsync(again, "cache", 4300));
        Assert.Empty(await AbsentAsync(again, "session", 500));
        Assert.Equal(engine.MemoryByKind().ToDictionary(), again.MemoryByKind().ToDictionary());
    }

    /// <summary>Memory was full when a commit looked, and is not any more when somebody could evict: then nobody evicts, and the commit must go on.</summary>
    [Fact]
    public async Task Who_waits_for_room_goes_on_when_removals_have_made_it()
    {
        var stepped = new Simulation.SimulatedClock();
        await using var engine = await store.OpenAsync(Options with { Clock = stepped }, new EmbeddedSettings { IsStepped = true });
        var made = 0;
        while (engine.MemoryFigures.UsedBytes <= Limit)
        {
            engine.Begin(new Commit(RecordChange.Update(new Address("cache", $"{made++}")).Set("value", new byte[ValueBytes])), default);
            engine.StepLog();
        }

        var room = engine.Room();
        Assert.False(room!.IsCompleted);
        for (var i = 0; i < made / 2; i++)
        {
            engine.Begin(new Commit(RecordChange.Delete(new Address("cache", $"{i}"))), default);
        }

        engine.StepLog();
        stepped.Advance(250);
        Assert.True(room.IsCompleted);
        Assert.Equal(0, engine.MemoryFigures.Evictions);
    }

    [Fact]
    public async Task Options_that_are_not_right_are_named_all_at_once()
    {
        var fault = await Assert.ThrowsAsync<ArgumentException>(() => store.OpenAsync(new() { MaxMemoryBytes = 1, EvictableKinds = ["fine", "No"] }));
        Assert.Contains("MaxMemoryBytes: at least 1048576", fault.Message, StringComparison.Ordinal);
        Assert.Contains("not 'No'", fault.Message, StringComparison.Ordinal);
    }

    private static async Task FillAsync(EmbeddedEngine engine, string kind, int number)
    {
        var change = RecordChange.Update(new Address(kind, $"{number}")).Set("value", new byte[ValueBytes]);
        await engine.CommitAsync(new Commit(change) { Durability = Durability.Written });
    }

    // Which of the cache were evicted: as many as are counted, once the evictor rests.
    private static async Task<List<int>> EvictedAsync(EmbeddedEngine engine, int count)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var evicted = await AbsentAsync(engine, "cache", count);
            if (evicted.Count == engine.MemoryFigures.Evictions)
            {
                return evicted;
            }

            await Task.Delay(20, patience.Token);
        }
    }

    // A copy of a moment at which nothing was being evicted: then as many are absent before as after, once all is told that was in the log.
    private async Task<StoreCopy> CopyAtRestAsync(EmbeddedEngine engine, int count)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var before = await AbsentAsync(engine, "cache", count);
            var copy = store.Copy();
            await engine.CommitAsync(new Commit { Affinity = "after", Events = [new NewEvent("copied", default)] });
            if (before.SequenceEqual(await AbsentAsync(engine, "cache", count)))
            {
                return copy;
            }

            copy.Dispose();
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    // Scans, which is no use of the records.
    private static async Task<List<int>> AbsentAsync(EmbeddedEngine engine, string kind, int count)
    {
        HashSet<string> present = [];
        for (var partition = 0; partition < engine.Partitions.Count; partition++)
        {
            await foreach (var record in engine.ScanAsync(partition, kind))
            {
                present.Add(record.Address.Affinity);
            }
        }

        return [.. Enumerable.Range(0, count).Where(number => !present.Contains($"{number}"))];
    }

    private static async Task Until(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!holds())
        {
            await Task.Delay(20, patience.Token);
        }
    }
}
