using Xunit;

namespace Holdfast.Testing;

/// <summary>Expiry: a record is gone once its time has passed, for reads, conditions and scans alike, and not before.</summary>
public abstract class ExpiryConformance(EngineFixture fixture) : EngineConformance(fixture)
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task A_record_expires_for_reads_of_one_and_of_many()
    {
        await CommitAsync(RecordChange.Update(Thing()).Set("x", "1").ExpireAfter(Short), RecordChange.Update(Thing("stays")));
        await GoneAsync(Thing());

        var readings = await Engine.ReadManyAsync([Thing(), Thing("stays")]);
        Assert.Null(readings[0].Record);
        Assert.NotNull(readings[1].Record);
    }

    [Fact]
    public async Task A_record_tells_its_time_to_live_and_never_too_much_of_it()
    {
        await CommitAsync(RecordChange.Update(Thing()).ExpireAfter(Hour), RecordChange.Update(Thing("stays")));
        var clock = Engine.Options.Clock;

        var left = (await ExistingAsync(Thing())).TimeToLive(clock);
        Assert.InRange(left!.Value, Hour - TimeSpan.FromMinutes(5), Hour);
        Assert.Null((await ExistingAsync(Thing("stays"))).TimeToLive(clock));
    }

    [Fact]
    public async Task A_commit_tells_the_expiry_that_it_gave()
    {
        var made = await CommitAsync(RecordChange.Update(Thing()).ExpireAfter(Hour), RecordChange.Update(Thing("stays")));
        Assert.InRange(made.Records[0]!.TimeToLive(Engine.Options.Clock)!.Value, Hour - TimeSpan.FromMinutes(5), Hour);
        Assert.Null(made.Records[1]!.Deadline);
    }

    [Fact]
    public async Task The_longest_time_to_live_is_kept()
    {
        await CommitAsync(RecordChange.Update(Thing()).ExpireAfter(StateLimits.MaxTimeToLive));
        Assert.InRange((await ExistingAsync(Thing())).TimeToLive(Engine.Options.Clock)!.Value, StateLimits.MaxTimeToLive - TimeSpan.FromMinutes(5), StateLimits.MaxTimeToLive);
    }

    [Fact]
    public async Task An_update_leaves_the_expiry_as_it_is()
    {
        await CommitAsync(RecordChange.Update(Thing()).ExpireAfter(Hour));
        var updated = await CommitAsync(RecordChange.Update(Thing()).Set("x", "1"));

        Assert.NotNull(updated.Records[0]!.Deadline);
        Assert.InRange((await ExistingAsync(Thing())).TimeToLive(Engine.Options.Clock)!.Value, Hour - TimeSpan.FromMinutes(5), Hour);
    }

    [Fact]
    public async Task A_touched_record_outlives_its_first_time_to_live()
    {
        var first = TimeSpan.FromSeconds(2);
        Task<CommitResult> MakeAsync() => CommitAsync(RecordChange.Update(Thing()).Set("x", "1").ExpireAfter(first));
        var made = await MakeAsync();
        while (!(await Engine.CommitAsync(new Commit(RecordChange.Keep(Thing()).When(Condition.Exists).ExpireAfter(Hour)))).IsCommitted)
        {
            // On a busy machine that may be gone before it can be touched: then one that lasts longer decides.
            Assert.True(first < Fixture.Patience / 4, $"The record was gone before it could be touched, {first.TotalSeconds} s after it was made.");
            first *= 2;
            made = await MakeAsync();
        }

        await CommitAsync(RecordChange.Update(Thing("as-long")).ExpireAfter(first));
        await GoneAsync(Thing("as-long"));

        var record = await ExistingAsync(Thing());
        Assert.Equal(made.At.Revision, record.Revision);
        Assert.Equal("1", record.Text("x"));
    }

    [Fact]
    public async Task A_touch_may_shorten_the_time_to_live()
    {
        await CommitAsync(RecordChange.Update(Thing()).ExpireAfter(Hour));
        await CommitAsync(RecordChange.Keep(Thing()).ExpireAfter(Short));
        await GoneAsync(Thing());
    }

    [Fact]
    public async Task An_expiry_can_be_taken_away()
    {
        await CommitAsync(RecordChange.Update(Thing("kept")).ExpireAfter(Hour), RecordChange.Update(Thing("updated")).ExpireAfter(Hour));
        await CommitAsync(RecordChange.Keep(Thing("kept")).NeverExpire(), RecordChange.Update(Thing("updated")).NeverExpire());

        Assert.Null((await ExistingAsync(Thing("kept"))).Deadline);
        Assert.Null((await ExistingAsync(Thing("updated"))).Deadline);
    }

    [Fact]
    public async Task Touching_an_absent_record_makes_none()
    {
        await CommitAsync(RecordChange.Keep(Thing()).ExpireAfter(Hour));
        Assert.Null(await ReadAsync(Thing()));
    }

    [Fact]
    public async Task A_record_made_again_has_no_expiry_of_its_predecessor()
    {
        await CommitAsync(RecordChange.Update(Thing()).ExpireAfter(Hour));
        await CommitAsync(RecordChange.Delete(Thing()));
        await CommitAsync(RecordChange.Update(Thing()));
        Assert.Null((await ExistingAsync(Thing())).Deadline);
    }

    [Fact]
    public async Task Conditions_take_an_expired_record_as_absent()
    {
        var first = await CommitAsync(RecordChange.Update(Thing()).Set("x", "1").Set("y", "1").ExpireAfter(Short));
        await GoneAsync(Thing());

        await RefusedAsync(RecordChange.Update(Thing()).When(Condition.Exists));
        await RefusedAsync(RecordChange.Update(Thing()).When(Condition.BornAt(first.At.Revision)));
        var second = await CommitAsync(RecordChange.Update(Thing()).When(Condition.Absent).Set("x", "2"));
        Assert.Equal(second.At.Revision, second.Records[0]!.Birth);
        Assert.True(second.At.Revision > first.At.Revision);

        var record = await ExistingAsync(Thing());
        Assert.Equal(["x"], record.Fields.Keys);
        Assert.Null(record.Deadline);
    }

    [Fact]
    public async Task Removing_an_expired_record_takes_no_revision()
    {
        await CommitAsync(RecordChange.Update(Thing()).ExpireAfter(Short));
        await GoneAsync(Thing());
        var before = await RevisionAsync();
        await CommitAsync(RecordChange.Delete(Thing()));
        Assert.Equal(before, await RevisionAsync());
    }

    [Fact]
    public async Task Many_records_expire_each_at_its_own_time()
    {
        await CommitAsync([.. Enumerable.Range(0, 64).Select(i => RecordChange.Update(Thing($"{i}")).ExpireAfter(i % 2 == 0 ? TimeSpan.FromMilliseconds(50 + i) : Hour))]);
        Address[] all = [.. Enumerable.Range(0, 64).Select(i => Thing($"{i}"))];
        await EventuallyAsync(
            async () => (await Engine.ReadManyAsync(all)).Count(static reading => reading.Record is null) >= 32, "the short-lived half expires");

        var readings = await Engine.ReadManyAsync(all);
        Assert.All(readings.Index(), static item => Assert.Equal(item.Index % 2 == 0, item.Item.Record is null));
    }

    private Task GoneAsync(Address address) =>
        EventuallyAsync(async () => await ReadAsync(address) is null, $"{address.Kind} expires");
}
