using Xunit;

namespace Holdfast.Testing;

/// <summary>Freshness: whoever carries its stamps reads its own writes and never goes back, on any engine.</summary>
public abstract class FreshnessConformance(EngineFixture fixture) : EngineConformance(fixture)
{
    [Fact]
    public async Task A_read_at_least_at_a_commits_stamp_sees_the_commit_on_any_engine()
    {
        var elsewhere = await ElsewhereAsync();
        await elsewhere.ReadAsync(Thing(), Freshness.Pushed);
        for (var i = 0; i < 50; i++)
        {
            var made = await CommitAsync(new Commit(RecordChange.Update(Thing()).Set("x", $"{i}")) { Durability = Durability.Memory });
            foreach (var engine in new[] { Engine, elsewhere })
            {
                var reading = await engine.ReadAsync(Thing(), Freshness.AtLeast(made.At));
                Assert.Equal($"{i}", reading.Record?.Text("x"));
                Assert.True(reading.At.Revision >= made.At.Revision);
                Assert.Equal(made.At.Term, reading.At.Term);
            }
        }
    }

    [Fact]
    public async Task A_read_at_least_at_a_removals_stamp_sees_no_record_on_any_engine()
    {
        var elsewhere = await ElsewhereAsync();
        for (var i = 0; i < 10; i++)
        {
            await CommitAsync(RecordChange.Update(Thing()).Set("x", "1"));
            await elsewhere.ReadAsync(Thing(), Freshness.Pushed);
            var removed = await CommitAsync(RecordChange.Delete(Thing()));
            Assert.Null((await elsewhere.ReadAsync(Thing(), Freshness.AtLeast(removed.At))).Record);
        }
    }

    [Fact]
    public async Task The_latest_is_read_whatever_was_read_before()
    {
        var elsewhere = await ElsewhereAsync();
        for (var i = 0; i < 50; i++)
        {
            await elsewhere.ReadAsync(Thing(), Freshness.Pushed);
            await CommitAsync(new Commit(RecordChange.Update(Thing()).Set("x", $"{i}")) { Durability = Durability.Memory });
            Assert.Equal($"{i}", (await elsewhere.ReadAsync(Thing(), Freshness.Latest)).Record?.Text("x"));
        }
    }

    [Fact]
    public async Task Changes_reach_whoever_reads_what_is_pushed()
    {
        var elsewhere = await ElsewhereAsync();
        foreach (var expected in new[] { "1", "2", null, "3" })
        {
            await elsewhere.ReadAsync(Thing(), Freshness.Pushed);
            await CommitAsync(expected is null ? RecordChange.Delete(Thing()) : RecordChange.Update(Thing()).Set("x", expected));
            if (!Engine.Capabilities.HasNearCache)
            {
                Assert.Equal(expected, (await elsewhere.ReadAsync(Thing(), Freshness.Pushed)).Record?.Text("x"));
            }

            await EventuallyAsync(
                async () => (await elsewhere.ReadAsync(Thing(), Freshness.Pushed)).Record?.Text("x") == expected, "the change is pushed");
        }
    }

    [Fact]
    public async Task A_touch_reaches_whoever_reads_what_is_pushed()
    {
        var elsewhere = await ElsewhereAsync();
        await CommitAsync(RecordChange.Update(Thing()).ExpireAfter(TimeSpan.FromHours(1)));
        await elsewhere.ReadAsync(Thing(), Freshness.Pushed);
        await CommitAsync(RecordChange.Keep(Thing()).NeverExpire());
        await EventuallyAsync(
            async () => (await elsewhere.ReadAsync(Thing(), Freshness.Pushed)).Record is { Deadline: null }, "the touch is pushed");
    }

    [Fact]
    public async Task What_is_pushed_is_no_older_than_its_expiry()
    {
        // On a busy machine it may be gone before it is read: then one that lasts longer decides.
        var lifetime = TimeSpan.FromMilliseconds(100);
        while (!await IsSeenAsync(lifetime))
        {
            Assert.True(lifetime < Fixture.Patience, "No record is read before it expires.");
            lifetime *= 2;
        }

        await EventuallyAsync(async () => (await Engine.ReadAsync(Thing($"{lifetime}"), Freshness.Pushed)).Record is null, "the record expires");
    }

    [Fact]
    public async Task A_client_that_carries_its_stamps_never_goes_back()
    {
        var elsewhere = await ElsewhereAsync();
        using var stop = new CancellationTokenSource();
        var writing = WriteUntilAsync(stop.Token);
        var stamp = new Stamp(Partition, (await Engine.ReadHeadAsync(Partition)).At.Term, 0);
        long seen = 0;
        for (var i = 0; i < 400; i++)
        {
            var reading = await (i % 2 == 0 ? elsewhere : Engine).ReadAsync(Thing(), Freshness.AtLeast(stamp));
            var counted = reading.Record?.Counter("n") ?? 0;
            Assert.True(reading.At.Revision >= stamp.Revision, $"Asked for {stamp.Revision}, answered {reading.At.Revision}.");
            Assert.True(counted >= seen, $"{counted} was read after {seen}.");
            (seen, stamp) = (counted, reading.At);
        }

        await stop.CancelAsync();
        Assert.True(await writing >= seen);
    }

    /// <summary>Makes a record that lasts so long, and tells whether a read of what is pushed still finds it.</summary>
    private async Task<bool> IsSeenAsync(TimeSpan lifetime)
    {
        await CommitAsync(RecordChange.Update(Thing($"{lifetime}")).Set("x", "1").ExpireAfter(lifetime));
        return (await Engine.ReadAsync(Thing($"{lifetime}"), Freshness.Pushed)).Record is not null;
    }

    private async Task<long> WriteUntilAsync(CancellationToken stop)
    {
        long written = 0;
        do
        {
            var made = await CommitAsync(new Commit(RecordChange.Update(Thing()).Add("n", 1)) { Durability = Durability.Memory });
            written = made.Records[0]!.Counter("n");
            await Task.Yield();
        }
        while (!stop.IsCancellationRequested);

        return written;
    }
}
