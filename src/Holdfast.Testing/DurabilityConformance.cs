using Xunit;

namespace Holdfast.Testing;

/// <summary>
/// Durability: what was acknowledged at a level that the engine reports is there after the store's restart. An engine
/// that reports <see cref="Durability.Memory"/> may forget, and what it forgot its stamps must tell.
/// </summary>
public abstract class DurabilityConformance(EngineFixture fixture) : EngineConformance(fixture)
{
    [Fact]
    public async Task Records_keep_their_fields_revision_and_birth()
    {
        var large = new byte[200_000];
        Entropy.System.Fill(large);
        await CommitAsync(RecordChange.Update(Thing()).Set("first", "1").Set("large", large));
        var made = await CommitAsync(RecordChange.Update(Thing()).Remove("first").Set("empty", "").Add("n", 41));
        await CommitAsync(RecordChange.Update(Thing()).Add("n", 1));
        var before = await ExistingAsync(Thing());
        await RestartAsync();

        if (await KeptAsync(made.At))
        {
            var after = await ExistingAsync(Thing());
            Assert.Equal((before.Revision, before.Birth, 42), (after.Revision, after.Birth, after.Counter("n")));
            Assert.Equal(["empty", "large", "n"], after.Fields.Keys.Order(StringComparer.Ordinal));
            Assert.Equal(large, after["large"]!.Value.ToArray());
        }
    }

    [Fact]
    public async Task Each_level_that_the_engine_reports_is_kept()
    {
        var made = new Dictionary<Durability, Stamp>();
        foreach (var level in new[] { Durability.Written, Durability.Synced })
        {
            var commit = new Commit(RecordChange.Update(Thing($"{level}"))) { Durability = level };
            made[level] = (await CommitAsync(commit)).At;
        }

        await RestartAsync();
        foreach (var (level, stamp) in made)
        {
            if (await KeptAsync(stamp))
            {
                Assert.NotNull(await ReadAsync(Thing($"{level}")));
            }
        }
    }

    [Fact]
    public async Task Removed_records_stay_removed_and_revisions_go_on_above_the_last()
    {
        var born = await CommitAsync(RecordChange.Update(Thing()).Set("x", "1"));
        var removed = await CommitAsync(RecordChange.Delete(Thing()));
        await RestartAsync();

        var kept = await KeptAsync(removed.At);
        Assert.Equal(kept || !await KeptAsync(born.At), await ReadAsync(Thing()) is null);
        var again = await CommitAsync(RecordChange.Update(Thing()));
        Assert.NotEqual(born.At, again.At);
        Assert.True(!kept || again.At.Revision > removed.At.Revision);
    }

    [Fact]
    public async Task Expiries_go_on_where_they_were()
    {
        var made = await CommitAsync(
            RecordChange.Update(Thing("long")).ExpireAfter(TimeSpan.FromHours(1)),
            RecordChange.Update(Thing("short")).ExpireAfter(TimeSpan.FromMilliseconds(100)),
            RecordChange.Update(Thing("touched")).ExpireAfter(TimeSpan.FromHours(1)),
            RecordChange.Update(Thing("never")));
        await CommitAsync(RecordChange.Keep(Thing("touched")).NeverExpire());
        await RestartAsync();

        await EventuallyAsync(async () => await ReadAsync(Thing("short")) is null, "the short-lived record expires");
        if (await KeptAsync(made.At))
        {
            Assert.InRange((await ExistingAsync(Thing("long"))).TimeToLive(Engine.Options.Clock)!.Value, TimeSpan.FromMinutes(50), TimeSpan.FromHours(1));
            Assert.Null((await ExistingAsync(Thing("never"))).Deadline);
            Assert.Null((await ExistingAsync(Thing("touched"))).Deadline);
        }
    }

    [Fact]
    public async Task Journals_keep_their_events()
    {
        var from = new JournalPosition(await RevisionAsync(), int.MaxValue);
        var made = await CommitAsync(new Commit { Affinity = Affinity, Events = [new("a", Utf8("1")), new("b", Utf8("2"))] });
        var before = (await Engine.ReadJournalAsync(Partition, from)).Events;
        await RestartAsync();

        if (await KeptAsync(made.At))
        {
            var after = (await Engine.ReadJournalAsync(Partition, from)).Events;
            Assert.Equal(before.Select(static item => (item.Position, item.Time, item.Type)), after.Select(static item => (item.Position, item.Time, item.Type)));
            Assert.Equal(["1", "2"], after.Select(static item => System.Text.Encoding.UTF8.GetString(item.Payload.Span)));
        }
    }

    [Fact]
    public async Task Request_ids_are_remembered()
    {
        var commit = new Commit(RecordChange.Update(Thing()).Add("n", 1)) { Request = new RequestId(Unique()) };
        var first = await CommitAsync(commit);
        await RestartAsync();
        var again = await CommitAsync(commit);

        if (await KeptAsync(first.At))
        {
            Assert.True(again.IsReplay);
            Assert.Equal(first.At, again.At);
        }

        Assert.Equal(1, (await ExistingAsync(Thing())).Counter("n"));
    }

    [Fact]
    public async Task Many_restarts_lose_nothing_and_are_all_remembered_as_terms()
    {
        var stamps = new List<Stamp>();
        for (var i = 0; i < 5; i++)
        {
            stamps.Add((await CommitAsync(RecordChange.Update(Thing()).Add("n", 1))).At);
            await RestartAsync();
        }

        var kept = 0;
        foreach (var stamp in stamps)
        {
            kept += await KeptAsync(stamp) ? 1 : 0;
        }

        Assert.Equal(stamps.Count, stamps.Select(static stamp => stamp.Term).Distinct().Count());
        Assert.Equal(kept, (await ReadAsync(Thing()))?.Counter("n") ?? 0);
    }

    /// <summary>
    /// Whether the store kept what the stamp tells of. An engine that reports more than memory must have; one that does
    /// not is free to have forgotten, and its head then says so.
    /// </summary>
    private async Task<bool> KeptAsync(Stamp stamp)
    {
        var kept = (await Engine.ReadHeadAsync(Partition)).Contains(stamp);
        Assert.True(kept || Engine.Capabilities.Durability == Durability.Memory, $"{stamp} was acknowledged and is lost.");
        return kept;
    }
}
