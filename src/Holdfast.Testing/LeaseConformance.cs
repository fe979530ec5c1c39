using Xunit;

namespace Holdfast.Testing;

/// <summary>Leases: one holder at a time, and nothing that a former holder does late takes effect.</summary>
public abstract class LeaseConformance(EngineFixture fixture) : EngineConformance(fixture)
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task One_of_many_contenders_takes_a_lease()
    {
        var elsewhere = await ElsewhereAsync();
        var leases = await Task.WhenAll(Enumerable.Range(0, 16).Select(i =>
            Lease.TryAcquireAsync(i % 2 == 0 ? Engine : elsewhere, Thing(), Long).AsTask()));

        var lease = Assert.Single(leases, static lease => lease is not null)!;
        Assert.True(lease.IsHeld);
        Assert.Equal((await ExistingAsync(Thing())).Birth, lease.Token);
    }

    [Fact]
    public async Task A_lease_tells_who_holds_it()
    {
        await using var lease = await Lease.TryAcquireAsync(Engine, Thing(), Long, static change => change.Set("holder", "me"));
        Assert.Equal("me", (await ExistingAsync(Thing())).Text("holder"));
    }

    [Fact]
    public async Task A_lease_given_back_is_free_at_once_and_its_next_token_is_higher()
    {
        var first = await Lease.TryAcquireAsync(Engine, Thing(), Long);
        await first!.DisposeAsync();
        Assert.False(first.IsHeld);

        await using var second = await Lease.TryAcquireAsync(Engine, Thing(), Long);
        Assert.True(second!.Token > first.Token);
    }

    [Fact]
    public async Task A_lease_that_is_not_renewed_becomes_free()
    {
        var lost = await Lease.TryAcquireAsync(Engine, Thing(), Short);
        var next = await AcquireEventuallyAsync();

        Assert.False(lost!.IsHeld);
        Assert.False(await lost.RenewAsync());
        Assert.True(next.Token > lost.Token);
        Assert.True(await next.RenewAsync());
    }

    [Fact]
    public async Task A_renewed_lease_outlives_its_first_lifetime()
    {
        // On a busy machine a lifetime may pass between two renewals: then a longer one decides.
        for (var lifetime = TimeSpan.FromSeconds(2); !await OutlivesAsync(lifetime); lifetime *= 2)
        {
            Assert.True(lifetime < Fixture.Patience / 4, $"A lease of {lifetime.TotalSeconds} s was lost though it was renewed.");
        }
    }

    [Fact]
    public async Task A_former_holders_late_commit_is_fenced_off()
    {
        var lost = await Lease.TryAcquireAsync(Engine, Thing(), Short);
        Commit Guarded(Lease lease, string by) => new(
            RecordChange.Keep(lease.Address).When(lease.Fence), RecordChange.Update(Thing("guarded")).Set("by", by));
        await EventuallyAsync(async () => await ReadAsync(Thing()) is null, "the lease expires");
        Assert.Equal(CommitOutcome.Refused, (await Engine.CommitAsync(Guarded(lost!, "late"))).Outcome);

        var next = await AcquireEventuallyAsync();
        await CommitAsync(Guarded(next, "holder"));
        Assert.Equal(CommitOutcome.Refused, (await Engine.CommitAsync(Guarded(lost!, "late"))).Outcome);
        Assert.Equal("holder", (await ExistingAsync(Thing("guarded"))).Text("by"));
    }

    [Fact]
    public async Task A_former_holder_can_not_give_back_the_next_ones_lease()
    {
        var lost = await Lease.TryAcquireAsync(Engine, Thing(), Short);
        var next = await AcquireEventuallyAsync();
        await lost!.ReleaseAsync();

        Assert.Equal(next.Token, (await ExistingAsync(Thing())).Birth);
    }

    /// <summary>Whether a lease that is renewed again and again is still held when a record that was given its first lifetime has expired.</summary>
    private async Task<bool> OutlivesAsync(TimeSpan lifetime)
    {
        var asLong = Thing($"as-long-{lifetime.TotalSeconds}");
        await using var lease = await Lease.TryAcquireAsync(Engine, Thing($"{lifetime.TotalSeconds}"), lifetime);
        await CommitAsync(RecordChange.Update(asLong).ExpireAfter(lifetime));
        var isHeld = true;
        await EventuallyAsync(
            async () => !(isHeld = isHeld && await lease!.RenewAsync()) || await ReadAsync(asLong) is null,
            "the record with the lease's first lifetime expires");
        return isHeld && lease!.IsHeld && (await ReadAsync(lease.Address))?.Birth == lease.Token;
    }

    private async Task<Lease> AcquireEventuallyAsync()
    {
        Lease? next = null;
        await EventuallyAsync(
            async () => (next = await Lease.TryAcquireAsync(Engine, Thing(), Long)) is not null, "the lease that nobody renews becomes free");
        return next!;
    }
}
