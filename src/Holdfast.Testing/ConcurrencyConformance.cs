using Xunit;

namespace Holdfast.Testing;

/// <summary>Concurrency: writers at the same time lose nothing of one another's, and readers never see half a commit.</summary>
public abstract class ConcurrencyConformance(EngineFixture fixture) : EngineConformance(fixture)
{
    private const int Writers = 8;
    private const int Each = 50;

    [Fact]
    public async Task Writers_of_one_counter_lose_no_count()
    {
        await WriteAsync(static (change, _, _) => change.Add("n", 1));
        Assert.Equal(Writers * Each, (await ExistingAsync(Thing())).Counter("n"));
    }

    [Fact]
    public async Task Writers_of_different_fields_lose_no_field()
    {
        await WriteAsync(static (change, writer, i) => change.Set($"{writer}-{i}", $"{i}").Set($"{writer}", $"{i}"));

        var record = await ExistingAsync(Thing());
        Assert.Equal(Writers * (Each + 1), record.Fields.Count);
        Assert.All(Enumerable.Range(0, Writers), writer => Assert.Equal($"{Each - 1}", record.Text($"{writer}")));
    }

    [Fact]
    public async Task Every_commit_has_a_revision_of_its_own()
    {
        var stamps = await WriteAsync(static (change, _, _) => change.Add("n", 1));
        Assert.Equal(Writers * Each, stamps.Select(static stamp => stamp.Revision).Distinct().Count());
        Assert.Single(stamps.Select(static stamp => stamp.Term).Distinct());
    }

    [Fact]
    public async Task One_of_many_creators_of_a_record_wins()
    {
        for (var round = 0; round < 10; round++)
        {
            var address = Thing($"{round}");
            var results = await AtOnceAsync(async (engine, writer) => await engine.CommitAsync(
                new Commit(RecordChange.Update(address).When(Condition.Absent).Set("by", $"{writer}")) { Durability = Durability.Memory }));

            var winner = Assert.Single(results.Index(), static item => item.Item.IsCommitted).Index;
            Assert.Equal($"{winner}", (await ExistingAsync(address)).Text("by"));
            Assert.All(results.Where(static result => !result.IsCommitted), result => Assert.Equal($"{winner}", result.Refusal!.Current!.Text("by")));
        }
    }

    [Fact]
    public async Task Values_that_are_read_and_set_under_their_guard_lose_no_update()
    {
        await CommitAsync(RecordChange.Update(Thing()).Set("n", "0"));
        await AtOnceAsync(async (engine, _) =>
        {
            for (var done = 0; done < 10;)
            {
                var text = (await engine.ReadAsync(Thing())).Record!.Text("n")!;
                var next = $"{int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) + 1}";
                var change = RecordChange.Update(Thing()).When(Condition.FieldIs("n", Utf8(text))).Set("n", next);
                done += (await engine.CommitAsync(new Commit(change) { Durability = Durability.Memory })).IsCommitted ? 1 : 0;
            }

            return true;
        });
        Assert.Equal($"{Writers * 10}", (await ExistingAsync(Thing())).Text("n"));
    }

    [Fact]
    public async Task Readers_never_see_half_a_commit()
    {
        Task WriteBothAsync() => AtOnceAsync(async (engine, writer) =>
        {
            for (var i = 0; i < Each; i++)
            {
                var value = $"{writer}-{i}";
                await engine.CommitAsync(new Commit(
                    RecordChange.Update(Thing("a")).Set("x", value).Set("y", value), RecordChange.Update(Thing("b")).Set("x", value))
                {
                    Durability = Durability.Memory,
                });
            }

            return true;
        });

        await ReadWhileAsync(WriteBothAsync, async engine =>
        {
            var both = await engine.ReadManyAsync([Thing("a"), Thing("b")]);
            var (a, b) = (both[0].Record, both[1].Record);
            Assert.Equal((a?.Text("x"), a?.Text("x"), a?.Revision), (a?.Text("y"), b?.Text("x"), b?.Revision));
        });
    }

    [Fact]
    public async Task Reads_of_the_latest_never_go_back()
    {
        var seen = (Count: 0L, Revision: 0L);
        await ReadWhileAsync(() => WriteAsync(static (change, _, _) => change.Add("n", 1)), async engine =>
        {
            var reading = await engine.ReadAsync(Thing());
            var now = (Count: reading.Record?.Counter("n") ?? 0, reading.At.Revision);
            Assert.True(now.Count >= seen.Count && now.Revision >= seen.Revision, $"{now} was read after {seen}.");
            seen = now;
        });
        Assert.Equal(Writers * Each, (await ExistingAsync(Thing())).Counter("n"));
    }

    /// <summary>Each writer, on one of two engines, makes its commits one after the other.</summary>
    private async Task<Stamp[]> WriteAsync(Action<RecordChange, int, int> fill)
    {
        var stamps = await AtOnceAsync(async (engine, writer) =>
        {
            var own = new List<Stamp>();
            for (var i = 0; i < Each; i++)
            {
                var change = RecordChange.Update(Thing());
                fill(change, writer, i);
                own.Add((await engine.CommitAsync(new Commit(change) { Durability = Durability.Memory })).At);
            }

            Assert.Equal(own.OrderBy(static stamp => stamp.Revision), own);
            return own;
        });
        return [.. stamps.SelectMany(static own => own)];
    }

    private async Task<T[]> AtOnceAsync<T>(Func<StateEngine, int, Task<T>> act)
    {
        var elsewhere = await ElsewhereAsync();
        return await Task.WhenAll(Enumerable.Range(0, Writers).Select(async writer =>
        {
            // An engine in this process answers on the caller's thread: without this the writers would take turns.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            return await act(writer % 2 == 0 ? Engine : elsewhere, writer);
        }));
    }

    /// <summary>Reads once before anything is written, again and again meanwhile, and once more on each engine when all is written.</summary>
    private async Task ReadWhileAsync(Func<Task> write, Func<StateEngine, Task> read)
    {
        var elsewhere = await ElsewhereAsync();
        await read(Engine);
        var writing = write();
        for (var i = 0; i < Each || !writing.IsCompleted; i++)
        {
            await read(i % 2 == 0 ? elsewhere : Engine);
        }

        await writing;
        await read(elsewhere);
        await read(Engine);
    }
}
