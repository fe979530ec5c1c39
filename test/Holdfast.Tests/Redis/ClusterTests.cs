using System.Text;
using Holdfast.TestServers;

namespace Holdfast.Tests.Redis;

/// <summary>A real Redis Cluster of six.</summary>
public sealed class ClusterTests : IAsyncLifetime
{
    private static readonly string[] Affinities = [.. Enumerable.Range(0, 60).Select(static i => $"u{i}")];
    private static readonly StateEngineOptions Patient = new() { CommitTimeout = TimeSpan.FromSeconds(60) };

    private readonly EventLog log = new();
    private RedisCluster cluster = null!;
    private RedisEngine engine = null!;

    private static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromSeconds(120)).Token;

    public async ValueTask InitializeAsync()
    {
        cluster = await RedisCluster.StartAsync();
        engine = await RedisEngine.OpenAsync(cluster.ConnectionString, Patient with { Log = log.Write });
    }

    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync();
        await cluster.DisposeAsync();
    }

    [Fact]
    public async Task Any_node_leads_to_all_of_them_and_each_keeps_its_part()
    {
        Assert.EndsWith(" cluster", engine.Capabilities.Name, StringComparison.Ordinal);
        await using var other = await RedisEngine.OpenAsync($"redis://127.0.0.1:{cluster.Servers[4].Port}", Patient);
        foreach (var affinity in Affinities)
        {
            var made = await other.CommitAsync(new Commit(RecordChange.Update(new Address("thing", affinity)).Set("x", affinity)) { Events = [new NewEvent("made", default)] });
            Assert.Equal(affinity, (await engine.ReadAsync(new Address("thing", affinity), Freshness.AtLeast(made.At))).Record!.Text("x"));
            Assert.Single(await engine.ScanAsync(made.At.Partition, "thing").Where(record => record.Address.Affinity == affinity).ToListAsync());
            Assert.Contains((await engine.ReadJournalAsync(made.At.Partition, JournalPosition.Start)).Events, told => told.Position.Revision == made.At.Revision);
        }

        foreach (var node in (await cluster.NodesAsync()).Where(static node => node.IsPrimary))
        {
            Assert.NotEqual(":0", await node.Server.CommandAsync("DBSIZE"));
            Assert.Equal("+OK", await node.Server.CommandAsync("FUNCTION", "FLUSH", "SYNC"));
        }

        await Task.WhenAll(Affinities.Select(affinity => engine.CommitAsync(new Commit(RecordChange.Update(new Address("thing", affinity)).Add("n", 1))).AsTask()));
        var database = await Assert.ThrowsAsync<StateMismatchException>(async () => await RedisEngine.OpenAsync($"redis://127.0.0.1:{cluster.Servers[0].Port}/1", Patient));
        Assert.Contains("database 0", database.Message, StringComparison.Ordinal);
        var partitions = await Assert.ThrowsAsync<StateMismatchException>(async () => await RedisEngine.OpenAsync(cluster.ConnectionString, Patient with { PartitionCount = 16 }));
        Assert.Contains("has 256 partitions", partitions.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pushes_watches_and_signals_come_from_every_primary()
    {
        await using var other = await RedisEngine.OpenAsync(cluster.ConnectionString, Patient);
        await using var here = await engine.ListenAsync("c");
        await other.SignalAsync("c", "x"u8.ToArray());
        await foreach (var payload in here.ReadAllAsync())
        {
            Assert.Equal("x", Encoding.UTF8.GetString(payload.Span));
            break;
        }

        foreach (var affinity in Affinities.Take(12))
        {
            var thing = new Address("thing", affinity);
            await using var watch = await engine.WatchAsync(thing);
            await engine.ReadAsync(thing);
            var made = await other.CommitAsync(new Commit(RecordChange.Update(thing).Add("n", 1)));
            await watch.WaitAsync(Soon);
            await PushedAsync(thing, made);
        }
    }

    [Fact]
    public async Task A_primary_that_dies_is_replaced_and_what_that_lost_is_told()
    {
        await using var signals = await engine.ListenAsync("c");
        var writers = new CountingWriters(engine, Affinities);
        await writers.MakeAsync(500);
        var primary = await cluster.PrimaryOfAsync(0);
        await cluster.FailOverAsync(primary, isTold: false);
        await writers.MakeAsync(2000);
        await cluster.MendAsync();
        await cluster.FailOverAsync(await cluster.PrimaryOfAsync(16000));
        await writers.MakeAsync(2000);
        var counts = await writers.StopAsync();
        var lost = counts.Sum(static count => Math.Max(0, count.Acknowledged - count.Found));
        Assert.All(counts, static count => Assert.True(count.Found <= count.Acknowledged));
        Assert.True(lost == 0 || log.Of("StateLost").Any(), $"{lost} acknowledged commits are lost, and nobody was told.");

        // Signals are heard again: the primary of partition 0 was the one that died.
        var heard = signals.ReadAllAsync(Soon).GetAsyncEnumerator();
        var next = heard.MoveNextAsync().AsTask();
        while (!next.IsCompleted)
        {
            await engine.SignalAsync("c", "x"u8.ToArray());
            await Task.WhenAny(next, Task.Delay(20));
        }

        Assert.True(await next);
    }

    [Fact]
    public async Task What_a_replica_lacked_when_it_took_over_is_told_counted_and_refused_if_so_chosen()
    {
        await using var refusing = await RedisEngine.OpenAsync(cluster.ConnectionString, Patient with { RefuseLostStamps = true });
        var thing = new Address("thing", "u0");
        var (primary, _, lost) = await HideAsync(thing);
        await cluster.FailOverAsync(primary);

        Assert.Equal(1, (await engine.ReadAsync(thing, Freshness.AtLeast(lost.At))).Record!.Counter("n"));
        var fault = await Assert.ThrowsAsync<StateLostException>(async () => await refusing.ReadAsync(thing, Freshness.AtLeast(lost.At)));
        Assert.Equal(lost.At, fault.Lost);
        await log.SeeAsync("StateLost", $"partition {lost.At.Partition} ");
    }

    [Fact]
    public async Task What_a_primary_gave_up_that_is_one_again_is_told_though_nobody_came_meanwhile()
    {
        var thing = new Address("thing", "u0");
        var (primary, replica, lost) = await HideAsync(thing);
        await TakeOverAsync(replica, primary);
        await replica.UndeafenAsync();
        await TakeOverAsync(primary, replica);

        // Somebody else goes on, beyond what was lost.
        await using var other = await RedisEngine.OpenAsync(cluster.ConnectionString, Patient);
        await other.CommitAsync(new Commit(RecordChange.Update(thing).Add("n", 1)));
        Assert.Equal(3, (await other.CommitAsync(new Commit(RecordChange.Update(thing).Add("n", 1)))).Records[0]!.Counter("n"));
        Assert.True((await engine.ReadAsync(thing)).At.Revision > lost.At.Revision);
        await log.SeeAsync("StateLost", $"partition {lost.At.Partition} ");
    }

    [Fact]
    public async Task Slots_that_move_under_load_lose_nothing()
    {
        var writers = new CountingWriters(engine, Affinities);
        await writers.MakeAsync(500);
        await using var other = await RedisEngine.OpenAsync(cluster.ConnectionString, Patient);
        var watched = new Address("thing", Affinities[0]);
        await engine.CommitAsync(new Commit(RecordChange.Update(watched).Add("n", 1)));
        await using var watch = await engine.WatchAsync(watched);
        var created = 0;
        foreach (var affinity in Affinities.Take(8))
        {
            var slot = engine.Partitions.PartitionOf(affinity) * 64;
            var from = await cluster.PrimaryOfAsync(slot);
            var to = (await cluster.NodesAsync()).First(node => node.IsPrimary && node.Server != from).Server;
            var moving = cluster.MoveSlotAsync(slot, to);

            // Records that are new, absent or large come and go while the slot is between the two.
            do
            {
                created++;
                Assert.True((await engine.CommitAsync(new Commit(RecordChange.Update(new Address("new", affinity, $"{created}")).When(Condition.Absent).Set("x", "1")))).IsCommitted);
                Assert.Null((await engine.ReadAsync(new Address("none", affinity, $"{created}"))).Record);
            }
            while (!moving.IsCompleted);
            await moving;
        }

        await writers.MakeAsync(500);
        Assert.All(await writers.StopAsync(), static count => Assert.Equal(count.Acknowledged, count.Found));
        var found = 0;
        foreach (var affinity in Affinities.Take(8).DistinctBy(affinity => engine.Partitions.PartitionOf(affinity)))
        {
            found += await engine.ScanAsync(engine.Partitions.PartitionOf(affinity), "new").Select(static record => record.Address.ToString()).Distinct().CountAsync();
        }

        Assert.Equal(created, found);
        Assert.Empty(log.Of("StateLost"));
        var made = await other.CommitAsync(new Commit(RecordChange.Update(watched).Add("n", 1)));
        await watch.WaitAsync(Soon);
        await PushedAsync(watched, made);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_scan_tells_every_record_though_the_partition_gets_another_primary_meanwhile(bool dies)
    {
        const int Records = 3008;
        for (var i = 0; i < Records; i += StateLimits.MaxRecordsPerCommit)
        {
            await engine.CommitAsync(new Commit([.. Enumerable.Range(i, StateLimits.MaxRecordsPerCommit).Select(static id => RecordChange.Update(new Address("many", "m", $"{id}")))]));
        }

        var partition = engine.Partitions.PartitionOf("m");
        var slot = partition * 64;
        var primary = await cluster.PrimaryOfAsync(slot);

        // The replica has the records, the head, and what is remembered of the engine's commits.
        await (await cluster.ReplicaOfAsync(primary)).UntilAsync($":{Records + 2}", "CLUSTER", "COUNTKEYSINSLOT", $"{slot}");
        var told = new HashSet<string>();
        var isOver = false;
        await foreach (var record in engine.ScanAsync(partition, "many"))
        {
            told.Add(record.Address.ToString());
            if (!isOver && told.Count == Records / 2)
            {
                isOver = true;
                await (dies ? cluster.FailOverAsync(primary, isTold: false) : cluster.MoveSlotAsync(slot, (await cluster.NodesAsync()).First(node => node.IsPrimary && node.Server != primary).Server));
            }
        }

        Assert.True(isOver);
        Assert.Equal(Records, told.Count);
    }

    [Fact]
    public async Task What_a_moved_slot_had_in_the_near_cache_is_forgotten_absence_too()
    {
        await using var other = await RedisEngine.OpenAsync(cluster.ConnectionString, Patient);
        var (there, absent) = (new Address("thing", "a", "1"), new Address("thing", "a", "2"));
        await other.CommitAsync(new Commit(RecordChange.Update(there).Add("n", 1)));
        Assert.NotNull((await engine.ReadAsync(there)).Record);
        Assert.Null((await engine.ReadAsync(absent)).Record);
        await NearAsync(absent);
        var slot = engine.Partitions.PartitionOf(there) * 64;
        var from = await cluster.PrimaryOfAsync(slot);
        await cluster.MoveSlotAsync(slot, (await cluster.NodesAsync()).First(node => node.IsPrimary && node.Server != from).Server);

        // Nobody pushes that what was absent is there now: only that the slot has moved says that it may be.
        var made = await other.CommitAsync(new Commit(RecordChange.Update(absent).Add("n", 1), RecordChange.Update(there).Add("n", 1)));
        await PushedAsync(absent, made);
        await PushedAsync(there, made);
        Assert.NotNull((await engine.ReadAsync(absent, Freshness.AtLeast(made.At))).Record);
    }

    /// <summary>Reads the record until the near cache has it, or that there is none: the proof that it hears of changes lasts a second.</summary>
    private async Task NearAsync(Address address)
    {
        var soon = Soon;
        while (!(await engine.ReadAsync(address, Freshness.Pushed)).IsNear)
        {
            soon.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Commits twice; the second time the record's primary has a replica that does not hear of it.</summary>
    private async Task<(RedisServer Primary, RedisServer Replica, CommitResult Lost)> HideAsync(Address thing)
    {
        var slot = engine.Partitions.PartitionOf(thing) * 64;
        var primary = await cluster.PrimaryOfAsync(slot);
        var replica = await cluster.ReplicaOfAsync(primary);
        await engine.CommitAsync(new Commit(RecordChange.Update(thing).Add("n", 1)));

        // The head, the record, and what is remembered of the engine's commits.
        await replica.UntilAsync(":3", "CLUSTER", "COUNTKEYSINSLOT", $"{slot}");

        await replica.DeafenAsync();
        return (primary, replica, await engine.CommitAsync(new Commit(RecordChange.Update(thing).Add("n", 1))));
    }

    private static async Task TakeOverAsync(RedisServer taker, RedisServer from)
    {
        Assert.Equal("+OK", await taker.CommandAsync("CLUSTER", "FAILOVER", "TAKEOVER"));
        await from.UntilAsync("role:slave", "INFO", "replication");
        await from.UntilAsync("master_link_status:up", "INFO", "replication");
    }

    private async Task PushedAsync(Address address, CommitResult made)
    {
        var soon = Soon;
        while ((await engine.ReadAsync(address, Freshness.Pushed)).Record?.Revision != made.At.Revision)
        {
            await Task.Delay(5, soon);
        }
    }
}
