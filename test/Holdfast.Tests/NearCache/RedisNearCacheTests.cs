using Holdfast.Redis;
using Holdfast.Tests.Redis;
using Holdfast.TestServers;

namespace Holdfast.Tests.NearCaching;

/// <summary>
/// The near cache on a real store. A read that ends on the caller's thread has made no round trip: that is how hits are
/// told from misses here. The clock stands still, so that no slow machine lets an entry or a proof grow old.
/// </summary>
public sealed class RedisNearCacheTests : IAsyncLifetime
{
    private static readonly Address Thing = new("thing", "t");
    private static readonly Address Neighbour = new("neighbour", "t");

    private readonly StandingClock clock = new();
    private RedisServer server = null!;
    private FaultProxy proxy = null!;
    private RedisEngine engine = null!;
    private RedisEngine other = null!;

    public async ValueTask InitializeAsync()
    {
        server = await RedisServer.StartAsync(isTcp: true, isDurable: true);
        proxy = new FaultProxy(server.Port);
        engine = await RedisEngine.OpenAsync(proxy.ConnectionString, PatientOptions.Default with { Clock = clock });
        other = await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default);
    }

    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync();
        await other.DisposeAsync();
        await proxy.DisposeAsync();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task What_was_read_once_is_read_again_without_a_round_trip_and_without_allocation()
    {
        await other.CommitAsync(new Commit(RecordChange.Update(Thing).Add("n", 1)));
        var fetched = await engine.ReadAsync(Thing, Freshness.Pushed);
        var again = AtOnce(Thing, Freshness.Pushed);
        Assert.Equal((fetched.Record, fetched.At), (again.Record, again.At));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            await engine.ReadAsync(Thing, Freshness.AtLeast(fetched.At));
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public async Task Own_commits_are_read_without_a_round_trip()
    {
        var made = await engine.CommitAsync(new Commit(RecordChange.Update(Thing).Set("a", "1")));
        Assert.Equal("1", AtOnce(Thing, Freshness.AtLeast(made.At)).Record!.Text("a"));

        var touched = await engine.CommitAsync(new Commit(RecordChange.Keep(Thing).ExpireAfter(TimeSpan.FromHours(1))));
        var reading = AtOnce(Thing, Freshness.AtLeast(touched.At));
        Assert.Equal("1", reading.Record!.Text("a"));
        Assert.InRange(reading.Record.TimeToLive(clock)!.Value, TimeSpan.FromMinutes(59), TimeSpan.FromHours(1));

        var removed = await engine.CommitAsync(new Commit(RecordChange.Delete(Thing)));
        Assert.Null(AtOnce(Thing, Freshness.AtLeast(removed.At)).Record);
    }

    [Fact]
    public async Task A_change_elsewhere_is_pushed_also_after_an_own_commit()
    {
        foreach (var commit in new[] { RecordChange.Update(Thing).Add("n", 1), RecordChange.Keep(Thing).ExpireAfter(TimeSpan.FromHours(1)), RecordChange.Delete(Thing) })
        {
            await engine.CommitAsync(new Commit(commit));
            var made = await other.CommitAsync(new Commit(RecordChange.Update(Thing).Add("m", 1)));
            await EventuallyAsync(async () => (await engine.ReadAsync(Thing, Freshness.Pushed)).At.Revision >= made.At.Revision);
            Assert.Equal(made.At.Revision, (await engine.ReadAsync(Thing, Freshness.Pushed)).Record!.Revision);
        }
    }

    [Fact]
    public async Task A_stamp_from_elsewhere_is_always_honoured()
    {
        for (var i = 1; i <= 500; i++)
        {
            var made = await other.CommitAsync(new Commit(RecordChange.Update(i % 3 == 0 ? Neighbour : Thing).Add("n", 1)));
            var reading = await engine.ReadAsync(Thing, Freshness.AtLeast(made.At));
            Assert.True(reading.At.Revision >= made.At.Revision);
            Assert.Equal(i - (i / 3), reading.Record!.Counter("n"));
        }
    }

    [Fact]
    public async Task A_push_behind_a_fetch_takes_out_what_the_fetch_put_in()
    {
        await other.CommitAsync(new Commit(RecordChange.Update(Thing).Add("n", 1)));
        for (var i = 1; i <= 20; i++)
        {
            proxy.Hold();
            var fetch = engine.ReadAsync(Thing).AsTask();
            await server.CommandAsync("PING");
            var made = await other.CommitAsync(new Commit(RecordChange.Update(Thing).Add("n", 1)));
            proxy.Release();
            await fetch;

            // The revision's reply comes after the push: once it is here, the old record must be gone.
            await engine.ReadHeadAsync(made.At.Partition);
            Assert.Equal(i + 1, (await engine.ReadAsync(Thing, Freshness.Pushed)).Record!.Counter("n"));
        }
    }

    [Fact]
    public async Task What_another_program_writes_while_a_commit_is_on_its_way_is_told_and_the_commit_is_made_once()
    {
        await using var own = await RedisEngine.OpenAsync(proxy.ConnectionString, PatientOptions.Default);
        await own.CommitAsync(new Commit(RecordChange.Update(Thing).Set("large", new string('-', 1000)).Set("aside", "0")));
        var key = new StoreKeys(own.Partitions).Text(own.Partitions.PartitionOf(Thing), Thing.ToString());
        for (var i = 1; i <= 20; i++)
        {
            proxy.ToStore.Hold();
            var committing = own.CommitAsync(new Commit(RecordChange.Update(Thing).Add("n", 1))).AsTask();
            await server.CommandAsync("HSET", key, "aside", $"{i}");
            proxy.ToStore.Release();

            var told = (await committing).Records[0]!;
            Assert.Equal((i, $"{i}"), (told.Counter("n"), told.Text("aside")));
            var near = (await own.ReadAsync(Thing, Freshness.Pushed)).Record!;
            Assert.Equal((i, $"{i}"), (near.Counter("n"), near.Text("aside")));
        }
    }

    [Fact]
    public async Task A_silent_store_is_not_vouched_for()
    {
        await engine.ReadAsync(Thing, Freshness.Pushed);
        proxy.Hold();
        Assert.Null(AtOnce(Thing, Freshness.Pushed).Record);
        clock.Move(TimeSpan.FromSeconds(1.1));
        var made = await other.CommitAsync(new Commit(RecordChange.Update(Thing).Add("n", 1)));
        var read = engine.ReadAsync(Thing, Freshness.Pushed).AsTask();
        Assert.False(read.IsCompleted);
        proxy.Release();

        Assert.Equal(made.At.Revision, (await read).Record!.Revision);
    }

    [Fact]
    public async Task A_lost_connection_forgets_everything_and_the_next_one_starts_anew()
    {
        await engine.ReadAsync(Thing, Freshness.Pushed);
        proxy.Cut();
        var made = await other.CommitAsync(new Commit(RecordChange.Update(Thing).Add("n", 1)));
        await EventuallyAsync(async () => (await engine.ReadAsync(Thing, Freshness.Pushed)).At.Revision >= made.At.Revision);

        Assert.Equal(made.At.Revision, (await engine.ReadAsync(Thing, Freshness.Pushed)).Record!.Revision);
    }

    [Fact]
    public async Task An_emptied_store_is_noticed()
    {
        await other.CommitAsync(new Commit(RecordChange.Update(Thing).Add("n", 1)));
        await engine.ReadAsync(Thing, Freshness.Pushed);
        await server.CommandAsync("FLUSHALL");

        await EventuallyAsync(async () => (await engine.ReadAsync(Thing, Freshness.Pushed)).Record is null);
    }

    [Fact]
    public async Task A_stamp_of_an_earlier_process_of_the_store_is_served_and_then_without_a_round_trip()
    {
        var made = await engine.CommitAsync(new Commit(RecordChange.Update(Thing).Add("n", 1)));
        await server.KillAsync();
        await server.RestartAsync();

        // The first read may still be answered of before: the loss of the connection is heard of when it is.
        await EventuallyAsync(async () =>
        {
            var reading = await engine.ReadAsync(Thing, Freshness.AtLeast(made.At));
            Assert.Equal(1, reading.Record!.Counter("n"));
            return reading.At.Term > made.At.Term;
        });
        Assert.Equal(1, AtOnce(Thing, Freshness.AtLeast(made.At)).Record!.Counter("n"));
    }

    [Fact]
    public async Task Without_memory_for_it_there_is_no_near_cache_and_it_is_said()
    {
        await using var without = await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default with { NearCacheMaxBytes = 0 });
        await without.ReadAsync(Thing, Freshness.Pushed);

        Assert.False(without.Capabilities.HasNearCache);
        Assert.False((await without.ReadAsync(Thing, Freshness.Pushed)).IsNear);
    }

    private static async Task EventuallyAsync(Func<Task<bool>> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(50));
        while (!await holds())
        {
            await Task.Delay(1, patience.Token);
        }
    }

    private Reading AtOnce(Address address, Freshness freshness)
    {
        var read = engine.ReadAsync(address, freshness).AsTask();
        Assert.True(read.IsCompletedSuccessfully, "The read went to the store.");
        return read.Result;
    }
}
