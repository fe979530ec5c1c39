using Holdfast.Testing.Tests.Engines;
using Holdfast.TestServers;

namespace Holdfast.Testing.Tests.Faults;

/// <summary>R21: the wall clock is set, by hours and by more than a year, while records and leases wait for their end.</summary>
public sealed class WallClockTests(RedisStore redis) : IClassFixture<RedisStore>
{
    // Ten times the second by which an expiry may be late, twice over for a busy machine.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static TheoryData<int> HoursAhead => [2, -2, 400 * 24, -400 * 24];

    [Theory]
    [MemberData(nameof(HoursAhead))]
    [Trait("Experiment", "R21")]
    [Trait("Engine", "node")]
    public async Task Nothing_expires_early_or_late_on_a_node_whose_clock_is_set(int hours)
    {
        using var clock = new FakeWallClock();
        await using var node = await NodeServer.StartAsync(partitions: 16, clock: clock);
        await using var engine = await StateEngines.OpenAsync(node.ConnectionString, PatientOptions.Default with { PartitionCount = 16 });
        Assert.True(engine.Capabilities.HasMonotonicExpiry);
        await ProveAsync(engine, () => clock.Set(TimeSpan.FromHours(hours)), async () => await ToldTimeAsync(engine), hours);
    }

    [Theory]
    [MemberData(nameof(HoursAhead))]
    [Trait("Experiment", "R21")]
    [Trait("Engine", "embedded")]
    public async Task Nothing_expires_early_or_late_in_this_process_when_its_clock_is_set(int hours)
    {
        var folder = Directory.CreateTempSubdirectory("holdfast-clock-");
        var clock = new SetWallClock();
        await using (var engine = await EmbeddedEngine.OpenAsync(folder.FullName, PatientOptions.Default with { Clock = clock }))
        {
            Assert.True(engine.Capabilities.HasMonotonicExpiry);
            await ProveAsync(engine, () => clock.Ahead = TimeSpan.FromHours(hours), async () => await ToldTimeAsync(engine), hours);
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    [Trait("Experiment", "R21")]
    public async Task Redis_expires_by_its_wall_clock_and_the_engine_says_so()
    {
        await using var engine = await redis.OpenAsync(new StateEngineOptions());
        Assert.False(engine.Capabilities.HasMonotonicExpiry);
    }

    private static async Task ProveAsync(StateEngine engine, Action setClock, Func<Task<DateTimeOffset>> toldTimeAsync, int hours)
    {
        var before = await toldTimeAsync();
        var (kept, brief) = (new Address("thing", "kept"), new Address("thing", "brief"));
        await engine.CommitAsync(new Commit(RecordChange.Update(kept).ExpireAfter(TimeSpan.FromMinutes(30))));
        await engine.CommitAsync(new Commit(RecordChange.Update(brief).ExpireAfter(TimeSpan.FromSeconds(2))));
        var held = await Lease.TryAcquireAsync(engine, new Address("lease", "held"), TimeSpan.FromMinutes(30));
        var ending = await Lease.TryAcquireAsync(engine, new Address("lease", "ending"), TimeSpan.FromSeconds(2));
        Assert.NotNull(held);
        Assert.NotNull(ending);
        setClock();
        Assert.InRange((await toldTimeAsync() - before).TotalHours, hours - 0.5, hours + 0.5);

        Assert.NotNull((await engine.ReadAsync(kept)).Record);
        Assert.Null(await Lease.TryAcquireAsync(engine, held.Address, TimeSpan.FromMinutes(30)));
        Assert.True(await held.RenewAsync());
        using var end = new CancellationTokenSource(Patience);
        while ((await engine.ReadAsync(brief)).Record is not null || await Lease.TryAcquireAsync(engine, ending.Address, TimeSpan.FromMinutes(30)) is null)
        {
            Assert.False(end.IsCancellationRequested, "What was to end after 2 s is there after 20.");
            await Task.Delay(20);
        }

        Assert.False(await ending.RenewAsync());
        Assert.NotNull((await engine.ReadAsync(kept)).Record);
    }

    /// <summary>The time by which the store labels an event: proof that its clock has been set.</summary>
    private static async Task<DateTimeOffset> ToldTimeAsync(StateEngine engine)
    {
        var affinity = Entropy.System.NextText(12);
        var made = await engine.CommitAsync(new Commit { Affinity = affinity, Events = [new NewEvent("now", default)] });
        var page = await engine.ReadJournalAsync(made.At.Partition, new JournalPosition(made.At.Revision - 1, int.MaxValue));
        return page.Events[^1].Time;
    }
}
